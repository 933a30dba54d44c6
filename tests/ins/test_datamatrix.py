"""The INS datamatrix: written, read again, and every fault explained."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from ins.domain.datamatrix import ENTETE, GS, ecrire, lire
from ins.rules import datamatrix as rules
from services import cli
from services.kernel import barcodes
from services.population.base import base
from tests.conftest import Server

Json = dict[str, Any]
ZOE = {
    "matricule": "2751263220749", "cle": "74", "oid": "1.2.250.1.213.1.4.8",
    "liste_prenoms": "ZOE", "nom_naissance": "ADRUN", "sexe": "F",
    "date_naissance": "1975-12-31", "lieu_naissance": "63220",
}
PUBLISHED = (
    "IS010000000000000000000000S1275126322074974S21.2.250.1.213.1.4.8\x1dS3ZOE\x1dS4ADRUN\x1d"
    "S5FS631-12-1975S763220"
)
ARTAGNAN = ZOE | {
    "matricule": "1010663220754", "cle": "60", "liste_prenoms": "PIERRE-ALAIN GUNTHER",
    "nom_naissance": "D'ARTAGNAN DE L'HERAULT", "sexe": "M", "date_naissance": "2001-06-17",
}
ROUND = (
    ZOE, ARTAGNAN, ZOE | {"lieu_naissance": ""}, ZOE | {"oid": "1.2.250.1.213.1.4.10"},
    ZOE | {"nom_naissance": "A" * 100}, ZOE | {"date_naissance": "1950-00-00"},
)


def faults(texte: str) -> list[tuple[str, str, str]]:
    """(rule, place, found) of what is wrong with a text."""
    read = lire(texte)
    return [(each.rule, each.at, each.found) for rule in rules.CONTENU
            for each in rule.findings(read)]


def written(api: httpx.Client, format: str, query: str = "", **identity: Any) -> httpx.Response:
    return api.post(f"/ins/datamatrix/{format}{query}", json=identity)


def read(api: httpx.Client, content: bytes, media_type: str = "image/png") -> httpx.Response:
    return api.post(
        "/ins/datamatrix/lecture", content=content, headers={"Content-Type": media_type}
    )


def test_the_published_example_is_written_and_right() -> None:
    assert ecrire(ZOE) == PUBLISHED
    assert faults(PUBLISHED) == []


@pytest.mark.parametrize("identity", ROUND, ids=range(len(ROUND)))
def test_t16_a_datamatrix_comes_back(api: httpx.Client, identity: dict[str, str]) -> None:
    drawn = written(api, "png", **identity)
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    (found,) = read(api, drawn.content).json()["datamatrix"]
    assert (found["valide"], found["traits"]) == (True, identity)


def test_t16_a_name_may_hold_s5() -> None:
    """The sequence S5 may stand inside a name of letters S and a digit only when it is wrong; in
    the right ones no digit exists, so the trap is a parser's own search."""
    texte = PUBLISHED.replace("S4ADRUN", "S4MESS5")
    read_back = lire(texte)
    assert (read_back.value("S4"), read_back.value("S5")) == ("MESS5", "F")
    assert [each[:2] for each in faults(texte)] == [("INS-DM-NOMS", "S4, caractère 72")]


def test_a_person_and_a_status_are_rules_too() -> None:
    zoe = base().patients["adrun-zoe"]
    for texte, looked_up, known, count in (
        (PUBLISHED, False, None, 0), (PUBLISHED, True, None, 1), (PUBLISHED, True, zoe, 0),
        (PUBLISHED.replace("S5F", "S5M"), True, zoe, 1),
    ):
        subject = replace(lire(texte), known=known, looked_up=looked_up)
        assert len(list(rules.personne.findings(subject))) == count
    assert [len(list(rules.statut.findings(each))) for each in ("", "QUAL", "VALI")] == [0, 0, 1]


def test_blocks_come_in_any_order_and_an_oid_of_twenty_has_no_separator() -> None:
    texte = ENTETE + "S763220S5FS4ADRUN\x1dS631-12-1975S3ZOE\x1dS1275126322074974" \
        "S21.2.250.1.213.1.4.10"
    assert faults(texte) == []
    inner = ENTETE + "S21.2.250.1.213.1.4.10S1275126322074974S3ZOE\x1dS4ADRUN\x1dS5FS631-12-1975"
    assert faults(inner) == []


@pytest.mark.parametrize(("before", "after", "rule", "place", "found"), [
    ("IS01", "IS02", "INS-DM-ENTETE", "en-tête, caractère 1", "IS02" + "0" * 22),
    (PUBLISHED, "IS01", "INS-DM-ENTETE", "en-tête, caractère 1", "IS01"),
    ("S763220", "S863220", "INS-DM-BLOC-INCONNU", "caractère 95", "S863220"),
    ("S5F", "", "INS-DM-BLOCS", "S5", "(absent)"),
    ("S5F", "S5FS5F", "INS-DM-BLOCS", "S5", "2 blocs"),
    ("ZOE\x1d", "ZOE", "INS-DM-BLOCS", "S4",
     "(absent ; S3, caractère 66, contient « S4 » : un <GS> manque sans doute)"),
    ("1.4.8\x1d", "1.4.8", "INS-DM-OID", "S2, caractère 44",
     "1.2.250.1.213.1.4.8S : un <GS> manque"),
    ("S763220", "S76322", "INS-DM-LONGUEUR", "S7, caractère 95", "6322"),
    ("S5F", "S5F\x1d", "INS-DM-SEPARATEUR", "S5, caractère 80", "<GS>"),
    ("S631-12-1975S763220", "S631-12-1975S4ADRUN\x1d", "INS-DM-SEPARATEUR", "S4, caractère 95",
     "<GS>"),
    ("S1275126322074974", "S1X75126322074974", "INS-DM-MATRICULE", "S1, caractère 27",
     "X75126322074974"),
    ("S1275126322074974", "S1275126322074975", "INS-DM-CLE", "S1, caractère 27", "75"),
    ("1.4.8", "1.4.7", "INS-DM-OID", "S2, caractère 44", "1.2.250.1.213.1.4.7"),
    ("S4ADRUN", "S4Adrun", "INS-DM-NOMS", "S4, caractère 72", "Adrun"),
    ("S3ZOE", "S3ZOE  LEA", "INS-DM-NOMS", "S3, caractère 66", "ZOE  LEA"),
    ("S5F", "S5I", "INS-DM-SEXE", "S5, caractère 80", "I"),
    ("31-12-1975", "1975-12-31", "INS-DM-DATE", "S6, caractère 83", "1975-12-31"),
    ("S763220", "S7632 0", "INS-DM-LIEU", "S7, caractère 95", "632 0"),
    ("S763220", "S763000", "INS-DM-LIEU", "S7, caractère 95", "63000"),
])
def test_each_fault_is_explained(
    before: str, after: str, rule: str, place: str, found: str
) -> None:
    assert (rule, place, found) in faults(PUBLISHED.replace(before, after))


LONG = "A" * 101


@pytest.mark.parametrize(("texte", "found"), [
    (PUBLISHED.replace("ADRUN", LONG), [("INS-DM-LONGUEUR", "S4, caractère 72")]),
    (PUBLISHED.replace(f"ADRUN{GS}", LONG), [("INS-DM-LONGUEUR", "S4, caractère 72")]),
    (PUBLISHED.replace("ZOE", f"ZOE {LONG}"), [("INS-DM-LONGUEUR", "S3, caractère 66")]),
    (PUBLISHED.replace("S763220", f"S3{LONG}").replace(f"S3ZOE{GS}", ""), [
        ("INS-DM-LONGUEUR", "S3, caractère 89"),
    ]),
    (PUBLISHED.replace(f"ADRUN{GS}", LONG[1:]), []),
    (PUBLISHED.replace("ADRUN", LONG[1:]), [("INS-DM-SEPARATEUR", "S4, caractère 72")]),
    (PUBLISHED.replace(f"ADRUN{GS}S5", f"{LONG[1:]}S8"), [
        ("INS-DM-BLOC-INCONNU", "caractère 174"), ("INS-DM-BLOCS", "S5"), ("INS-DM-BLOCS", "S6"),
    ]),
], ids=["separated", "glued", "given", "last", "longest", "longest-separated", "unknown-block"])
def test_a_name_too_long_is_told_as_such(texte: str, found: list[tuple[str, str]]) -> None:
    told = faults(texte)
    assert [(rule, place) for rule, place, _ in told] == found
    assert all(each.startswith(("101 ", "105 ")) for rule, _, each in told
               if rule == "INS-DM-LONGUEUR")


def test_a_name_too_long_is_not_written(api: httpx.Client) -> None:
    refused = written(api, "txt", **ZOE | {"nom_naissance": LONG})
    told = refused.json()["erreur"]
    assert (refused.status_code, told["emplacement"]) == (422, "S4, caractère 72")
    assert "cent caractères au plus" in told["details"]
    assert told["attendu"] == "nom de naissance, de 1 à 100 caractères"


@given(st.text(alphabet="IS0123456789ABC \x1d.-'", max_size=200))
def test_any_text_is_read_to_its_end(texte: str) -> None:
    found = lire(texte)
    held = sum(len(each.id + each.value) + (each.end == GS) for each in found.blocs)
    assert len(found.texte[:26]) + held + len(found.reste) == len(texte)
    faults(texte)


@pytest.mark.parametrize(("written_as", "told"), [
    ("31-12-1975", "1975-12-31"), ("1975-12-31", "1975-12-31"), ("31/12/1975", "31/12/1975"),
])
def test_a_date_is_told_whole_or_as_it_came(written_as: str, told: str) -> None:
    assert lire(PUBLISHED.replace("31-12-1975", written_as)).traits["date_naissance"] == told


def test_what_is_not_of_its_size_is_told_by_its_own_name(api: httpx.Client) -> None:
    told = written(api, "txt", **ZOE | {"cle": ""}).json()["erreur"]
    assert told["attendu"] == "matricule INS de 15 caractères, clé comprise"
    assert told["trouve"] == "2751263220749 : 13 caractères"


def test_the_person_is_compared(api: httpx.Client) -> None:
    def told(texte: str) -> list[Json]:
        (found,) = read(api, texte.encode(), "text/plain").json()["datamatrix"]
        assert found["valide"]
        said: list[Json] = found["constats"]
        return said

    assert told(PUBLISHED.replace(GS, "<GS>")) == []
    [other] = told(PUBLISHED.replace("ZOE", "LEA"))
    assert (other["regle"], other["emplacement"], other["attendu"], other["trouve"]) == (
        "INS-DM-PERSONNE", "liste_prenoms", "ZOE", "LEA"
    )
    [unknown] = told(PUBLISHED.replace("275126322074974", "275126322074875"))
    assert (unknown["regle"], unknown["emplacement"]) == ("INS-DM-PERSONNE", "S1")


def test_svg_and_text_hold_the_same(api: httpx.Client) -> None:
    assert written(api, "txt", **ZOE).content.decode() == PUBLISHED
    svg = written(api, "svg", "?libelle=1&module=4&marge=3", **ZOE)
    assert svg.headers["content-type"] == "image/svg+xml"
    assert b"INS \xc3\xa0 scanner" in svg.content
    assert b"<!DOCTYPE" not in svg.content
    small = Image.open(io.BytesIO(written(api, "png", "?module=2&marge=5", **ZOE).content))
    assert small.size == (2 * (36 + 10), 2 * (36 + 10))


@pytest.mark.parametrize(("change", "at"), [
    ({"statut": "RECUP"}, "statut"), ({"nom_naissance": "Adrun"}, "S4, caractère 72"),
    ({"oid": "1.2.250.1.213.1.4.7"}, "S2, caractère 44"), ({"sexe": ""}, "S5"),
    ({"date_naissance": "31/12/1975"}, "date_naissance"), ({"cle": ""}, "matricule"),
    ({"sexe": "FF"}, "sexe"), ({"lieu_naissance": "6322"}, "lieu_naissance"),
    ({"lieu_naissance": "63000"}, "S7, caractère 95"), ({"oid": "1.2.3"}, "oid"),
    ({"liste_prenoms": "A" * 101}, "S3, caractère 66"),
])
def test_only_a_right_and_qualified_identity_is_written(
    api: httpx.Client, change: dict[str, str], at: str
) -> None:
    refused = written(api, "png", **ZOE | change)
    error = refused.json()["erreur"]
    assert (refused.status_code, error["code"]) == (422, "datamatrix-refuse")
    assert error["emplacement"].partition(",")[0] == at.partition(",")[0]
    assert written(api, "txt", **ZOE | {"statut": "QUAL"}).status_code == 200


def test_what_is_no_identity_is_refused(api: httpx.Client) -> None:
    def code(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["erreur"]["code"]

    assert code(written(api, "gif", **ZOE)) == (404, "format")
    assert code(api.post("/ins/datamatrix/png", json=[1])) == (422, "identite")
    assert code(written(api, "png", **ZOE | {"adresse": "x"})) == (422, "identite")
    assert code(written(api, "png", **ZOE | {"sexe": 1})) == (422, "identite")
    assert code(written(api, "png", **ZOE | {"prenoms": "ZOE"})) == (422, "identite")
    assert code(written(api, "png", "?module=900", **ZOE)) == (422, "identite")
    assert code(written(api, "png", "?marge=-1", **ZOE)) == (422, "identite")
    assert written(api, "txt", **{
        **{name: ZOE[name] for name in ZOE if name not in ("cle", "liste_prenoms")},
        "matricule": "275126322074974", "prenoms": ["ZOE"],
    }).content.decode() == PUBLISHED


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG of that announced size."""
    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("content", "media_type", "status", "code"), [
    (png(60_000, 60_000, zlib.compress(bytes(1000))), "image/png", 413, "image-trop-grande"),
    (png(9_000, 9_000, zlib.compress(bytes(1000))), "image/png", 413, "image-trop-grande"),
    (png(11_000, 2), "image/png", 413, "image-trop-grande"),
    (png(20, 20), "image/png", 422, "image-illisible"),
    (barcodes.draw(PUBLISHED, "DataMatrix").png()[:200], "image/png", 422, "image-illisible"),
    (b"\x89PNG\r\n\x1a\n", "image/png", 422, "image-illisible"),
    (b"", "image/png", 422, "image-illisible"),
    (b"GIF89a\x01\x00\x01\x00", "image/png", 422, "image-illisible"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
     "image/jpeg", 422, "image-illisible"),
    (b"<svg/>", "image/svg+xml", 415, "media-type"),
    (png(8, 8, zlib.compress(bytes(72))), "image/png", 422, "aucun-datamatrix"),
    (barcodes.draw(PUBLISHED, "QRCode").png(), "image/png", 422, "aucun-datamatrix"),
    (b"\xff\xfe", "text/plain", 400, "structure"), (b"S" * 5000, "text/plain", 413, "too-long"),
    (bytes(9 * 1024 * 1024), "image/png", 413, "too-long"),
], ids=range(15))
def test_bad_pictures_are_refused(
    api: httpx.Client, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = read(api, content, media_type)
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (status, code)


def test_photographs_are_read(api: httpx.Client) -> None:
    drawn = Image.open(io.BytesIO(barcodes.draw(PUBLISHED, "DataMatrix").png())).convert("RGB")
    page = Image.new("RGB", (1240, 1754), "white")
    page.paste(drawn.rotate(9, expand=True, fillcolor="white"), (700, 1200))
    other = Image.open(io.BytesIO(barcodes.draw(ecrire(ARTAGNAN), "DataMatrix").png()))
    page.paste(other.convert("RGB"), (100, 100))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=70)
    found = read(api, out.getvalue(), "image/jpeg").json()["datamatrix"]
    assert {each["texte"] for each in found} == {
        PUBLISHED.replace(GS, "<GS>"), ecrire(ARTAGNAN).replace(GS, "<GS>")
    }
    for mode in ("RGBA", "LA", "P", "1", "I;16"):
        turned = io.BytesIO()
        if mode == "I;16":
            wide = drawn.convert("L").convert("I").point(lambda value: value * 257)
            wide.convert("I;16").save(turned, "PNG")
        else:
            drawn.convert(mode if mode != "P" else "L").convert(mode).save(turned, "PNG")
        assert read(api, turned.getvalue()).json()["datamatrix"][0]["valide"], mode


def test_the_control_api_and_the_command_draw_a_patient(
    api: httpx.Client, server: Server, tenant: str, tmp_path: Path
) -> None:
    drawn = api.get("/sandbox/ins/datamatrix/adrun-zoe", params={"format": "txt"})
    assert drawn.content.decode() == PUBLISHED
    assert api.get("/sandbox/ins/datamatrix/personne").status_code == 404
    out = tmp_path / "zoe.png"
    run = CliRunner()
    write = ["datamatrix", "write", "275126322074974", "--url", server.url, "--tenant", tenant]
    assert run.invoke(cli.app, [*write, "--out", str(out)]).exit_code == 0
    assert run.invoke(cli.app, [*write, "--out", "zoe.gif"]).exit_code == 1
    assert barcodes.read(out.read_bytes(), "DataMatrix") == (PUBLISHED,)


def test_the_command_checks_without_a_sandbox(tmp_path: Path) -> None:
    run = CliRunner()

    def check(name: str, content: bytes) -> tuple[int, str]:
        (tmp_path / name).write_bytes(content)
        said = run.invoke(cli.app, ["datamatrix", "check", str(tmp_path / name)])
        return said.exit_code, said.output

    assert check("zoe.png", barcodes.draw(PUBLISHED, "DataMatrix").png())[0] == 0
    status, said = check("faux.txt", PUBLISHED.replace("S5F", "S5X").encode())
    assert (status, "caractère 80 : attendu M ou F ; trouvé X" in said) == (1, True)
    assert check("vide.png", b"")[0] == 1
    assert check("rien.png", png(8, 8, zlib.compress(bytes(72))))[0] == 1
    told = run.invoke(cli.app, ["datamatrix", "check", str(tmp_path / "zoe.png"), "--json"])
    assert '"valide": true' in told.output


@pytest.mark.foreign
@pytest.mark.filterwarnings("ignore:distutils")
@pytest.mark.parametrize("identity", ROUND, ids=range(len(ROUND)))
def test_t16_another_reader_reads_ours(identity: dict[str, str]) -> None:
    try:
        from pylibdmtx.pylibdmtx import decode
    except ImportError as error:
        pytest.skip(f"no libdmtx: {error}")
    picture = Image.open(io.BytesIO(barcodes.draw(ecrire(identity), "DataMatrix").png()))
    (found,) = decode(picture.convert("L"), max_count=1)
    assert found.data.decode() == ecrire(identity)


@pytest.mark.foreign
@pytest.mark.filterwarnings("ignore:distutils")
def test_t16_we_read_another_writer(api: httpx.Client) -> None:
    try:
        from pylibdmtx.pylibdmtx import encode
    except ImportError as error:
        pytest.skip(f"no libdmtx: {error}")
    made = encode(PUBLISHED.encode(), scheme="C40")
    out = io.BytesIO()
    Image.frombytes("RGB", (made.width, made.height), made.pixels).save(out, "PNG")
    (found,) = read(api, out.getvalue()).json()["datamatrix"]
    assert found["valide"]


def test_findings_are_in_the_journal(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    read(api, PUBLISHED.replace("S5F", "S5X").encode(), "text/plain")
    entry = journal()[0]
    assert entry["transaction"] == "ins.datamatrix.lecture"
    assert {each["rule"] for each in entry["findings"]} == {"INS-DM-SEXE", "INS-DM-PERSONNE"}


def test_a_picture_of_many_codes_is_read_in_part(api: httpx.Client) -> None:
    one = Image.open(io.BytesIO(barcodes.draw("IS01", "DataMatrix").png(3, 4))).convert("L")
    sheet = Image.new("L", (one.width * 6, one.height * 5), 255)
    for place in range(30):
        sheet.paste(one, (place % 6 * one.width, place // 6 * one.height))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    assert len(read(api, out.getvalue()).json()["datamatrix"]) == barcodes.MOST_CODES
