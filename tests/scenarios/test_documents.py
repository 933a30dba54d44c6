"""`socle demo --document` with whatever one may give: a clear French line, and not status 0."""

from __future__ import annotations

import base64
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import typer

from services import client
from services.scenarios.stage import Document

OPEN = b'<ClinicalDocument xmlns="urn:hl7-org:v3">'
Demo = Callable[..., tuple[int, str]]

REFUSED: dict[str, tuple[bytes, str]] = {
    "doctype": (b"<!DOCTYPE a>" + OPEN + b"</ClinicalDocument>", "DOCTYPE est interdite"),
    "entities": (
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + OPEN + b"&e;",
        "DOCTYPE est interdite",
    ),
    "empty": (b"", "Le document est vide"),
    "json": (b'{"resourceType":"Bundle"}', "un caractère n'est pas à sa place"),
    "pdf": (b"%PDF-1.7 \x00\xff", "un caractère n'est pas à sa place"),
    "truncated": (OPEN + b"<title>", "la fin du document manque"),
    "other xml": (b"<html/>", "n'est pas ClinicalDocument"),
    "latin1": (OPEN + "<title>É</title>".encode("latin-1"), "un caractère n'est pas à sa place"),
    "too large": (b"<a>" + b"x" * 40 * 1024 * 1024, "dépasse 40 Mo"),
}


@pytest.fixture
def demo(server: Any, tenant: str, capsys: pytest.CaptureFixture[str]) -> Demo:
    """Status and output of the command, against the running sandbox."""

    def run(document: Path | None, url: str = "", as_json: bool = False) -> tuple[int, str]:
        status = client.demo(document, url or server.url, tenant, as_json)
        return status, capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document(demo: Demo, tmp_path: Path, name: str) -> None:
    content, reason = REFUSED[name]
    path = tmp_path / "document.xml"
    path.write_bytes(content)

    status, output = demo(path)

    assert status == 1
    assert "! Préparation : ERREUR" in output
    assert reason in " ".join(output.split())
    assert "rien n'a été joué" in output
    assert max(map(len, output.splitlines())) <= 100


@pytest.mark.parametrize(("name", "reason"), [
    (".", "c'est un dossier"), ("absent.xml", "ce fichier n'existe pas"),
    ("a\0b.xml", "null"), ("x" * 300, "too long"),
])
def test_what_is_no_file(demo: Demo, tmp_path: Path, name: str, reason: str) -> None:
    status, output = demo(tmp_path / name)

    assert status == 1
    assert reason in " ".join(output.split())


def test_a_device_is_not_read_to_its_end(demo: Demo) -> None:
    status, output = demo(Path("/dev/zero"))

    assert status == 1
    assert "dépasse 40 Mo" in output


def test_a_document_without_a_patient_is_looked_up_and_nothing_more(
    demo: Demo, tmp_path: Path
) -> None:
    path = tmp_path / "document.xml"
    path.write_bytes(OPEN + b"</ClinicalDocument>")

    status, output = demo(path)

    assert status == 1
    assert "Le document ne donne pas : nom de naissance, prénom, sexe, date de naissance" in output
    assert "y est créé" not in output
    assert "Il manque : l'identité du patient." in output
    assert "ÉCHEC (3/14 étapes)" in output
    assert "10 étapes non tentées" in output


def test_a_document_larger_than_a_mail_may_be(
    demo: Demo, tmp_path: Path, composed: Document
) -> None:
    path = tmp_path / "document.xml"
    body = base64.b64encode(Random(1).randbytes(9_000_000))  # which no archive makes smaller
    path.write_bytes(composed.content.replace(b"</text>", body + b"</text>"))

    status, output = demo(path)

    assert status == 1
    assert "✓ Le pharmacien récupère le document : vérifié" in output
    assert "Refusé : 552 5.3.4" in output
    assert "✗ Le médecin envoie le document à la pharmacie : ÉCHEC" in output


def test_line_breaks_in_attributes_reach_no_header_and_no_terminal(
    demo: Demo, tmp_path: Path, composed: Document
) -> None:
    path = tmp_path / "document.xml"
    path.write_bytes(
        composed.content.replace(b'code="57833-6"', b'code="57833-6&#10;X-Evil: 1"')
        .replace("de santé".encode(), "de&#10;X-Evil: 2 \x9b31m".encode())
    )

    status, output = demo(path)

    assert status == 0
    assert "\x9b" not in output
    assert "57833-6�X-Evil" in output


def test_json_says_why(demo: Demo, tmp_path: Path) -> None:
    status, output = demo(tmp_path / "absent.xml", as_json=True)

    assert status == 1
    assert '"outcome": "error"' in output
    assert "n'existe pas" in output


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A web server that is no sandbox: a page for everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path.split("/")[1]))
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Bonjour</html>" if "200" in self.path else b"[]")

        def log_message(self, *_: object) -> None:
            """Silence."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listener.server_port}"
        listener.shutdown()
        thread.join()


@pytest.mark.parametrize(("path", "reason"), [
    ("/200", "répond, mais n'est pas un bac à sable"), ("/404", "404 une page"),
    ("/201/", "répond, mais n'est pas un bac à sable"),
])
def test_an_address_that_is_no_sandbox(
    demo: Demo, elsewhere: str, path: str, reason: str
) -> None:
    status, output = demo(None, elsewhere + path)

    assert status == 1
    assert reason in " ".join(output.split())


@pytest.mark.parametrize("url", ["/200", "http://[::"])
def test_other_commands_say_so_too(
    elsewhere: str, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    with pytest.raises(typer.Exit) as ended:
        client.call("GET", "/clock", url if "://" in url else elsewhere + url, "default", False)
    assert ended.value.exit_code == 1
    assert "bac à sable" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["localhost", "http://[::", "ftp://127.0.0.1", "http://127.0.0.1:9"])
def test_an_address_that_is_none(demo: Demo, url: str) -> None:
    status, output = demo(None, url)

    assert status == 1
    assert "Aucun bac à sable ne répond" in output
