"""What the commands do: call a running sandbox's control API, or start one for a demonstration."""

from __future__ import annotations

import contextlib
import inspect
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
import orjson
import typer

from services.kernel.authorities import authorities

if TYPE_CHECKING:
    from services.scenarios import ScenarioResult

START_SECONDS = 30.0
WORDS = {
    "mode": "réponse de l'e-CPS", "professionals": "exceptions", "now": "heure",
    "shift_seconds": "décalage (s)", "frozen": "arrêtée", "tenant": "espace", "epoch": "époque",
}
"""What the members of the control API's answers are called on a terminal."""


def call(
    method: str, path: str, url: str, tenant: str, as_json: bool, body: object = None
) -> None:
    """One call of the control API, printed."""
    show(request(method, path, url, tenant, body), as_json)


def request(
    method: str, path: str, url: str, tenant: str, body: object = None, *, timeout: float = 30
) -> Any:
    """One call of the control API; its JSON. Ends the command with a clear line on failure."""
    prefix = "" if tenant == "default" else f"/t/{tenant}"
    try:
        answer = httpx.request(
            method, f"{url.rstrip('/')}{prefix}/sandbox{path}", timeout=timeout, trust_env=False,
            verify=authorities(url), content=None if body is None else orjson.dumps(body),
            headers=_headers(body is not None),
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        fail(f"Aucun bac à sable ne répond à {url} ({error}). Lancez : socle up")
    if answer.status_code >= 400:
        fail(f"Refusé ({answer.status_code}) : {_refusal(answer)}")
    try:
        return orjson.loads(answer.content) if answer.content else {}
    except orjson.JSONDecodeError:
        fail(f"{url} répond, mais n'est pas un bac à sable")


def fetch(path: str, url: str, tenant: str) -> bytes:
    """The bytes of one read of the control API. Ends the command with a clear line on failure."""
    prefix = "" if tenant == "default" else f"/t/{tenant}"
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}{prefix}/sandbox{path}", timeout=30, trust_env=False,
            verify=authorities(url), headers=_headers(False),
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        fail(f"Aucun bac à sable ne répond à {url} ({error}). Lancez : socle up")
    if answer.status_code >= 400:
        fail(f"Refusé ({answer.status_code}) : {_refusal(answer)}")
    return answer.content


def _refusal(answer: httpx.Response) -> str:
    """The control API's label and details, or the answer as it is."""
    try:
        error = answer.json()["erreur"]
        details = error.get("details") or []
        said = details if isinstance(details, str) else "".join(map(_detail, details))
        known = f"Connus : {', '.join(error['connus'])}." if error.get("connus") else ""
        return " ".join(filter(None, (error["libelle"], said, known)))
    except (ValueError, KeyError, TypeError):
        return answer.text


def _detail(each: dict[str, Any]) -> str:
    """A line: where in the file, where in the record, what is wrong."""
    file = f"ligne {each['ligne']}, " if "ligne" in each else (
        f"entrée {each['entree']}, " if "entree" in each else ""
    )
    return f"\n  {file}{each['emplacement']} : {each['message']}"


def show(content: object, as_json: bool) -> None:
    """JSON as it is, or a line per member."""
    if as_json or not isinstance(content, dict):
        typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
        return
    for key, value in content.items():
        typer.echo(f"{WORDS.get(key, key)} : {_said(value)}")


def _said(value: object) -> str:
    """A value in French words."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(each)}" for key, each in value.items()) or "aucune"
    return f"{value:g}" if isinstance(value, float) else str(value)


def fail(message: str) -> NoReturn:
    """End the command with status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def identities(url: str, tenant: str, as_json: bool, service: str = "") -> None:
    """Who exists; for one service, to obtain this answer, use this identity."""
    from services.population.describe import SERVICES, render, render_one

    if service and service not in SERVICES:
        fail(f"Service inconnu : {service}. Connus : {', '.join(SERVICES)}.")
    content = request("GET", "/identities", url, tenant)
    asked: dict[str, Any] = {"requests": [], "faults": []}
    if service == "ins":
        asked = request("GET", "/ins/requests", url, tenant)
    if as_json:
        show(content | asked if service else content, True)
        return
    typer.echo(render_one(content, service, **asked) if service else render(content))


def token(url: str, tenant: str, id_nat: str, as_json: bool) -> None:
    """An access token by the real code flow."""
    from services.scenarios.login import LoginRefused, access_token
    from services.scenarios.vendor import SandboxUnreachable

    chosen = id_nat or request("GET", "/identities", url, tenant)["professionals"][0]["id_nat"]
    try:
        value = access_token(url, tenant, chosen)
    except LoginRefused as error:
        fail(f"Connexion refusée : {error}")
    except SandboxUnreachable as error:
        fail(str(error))
    typer.echo(orjson.dumps({"access_token": value, "id_nat": chosen}).decode()
               if as_json else value)


def routes(as_json: bool) -> None:
    """Every declared transaction, without a running sandbox."""
    from services import catalog

    root, loaded = Path.cwd(), catalog.load().values()
    assigned = _assigned()
    rows = [
        {"service": service.id, "code": each.code, "name": each.name, "route": route,
         "dialect": each.dialect.name, "fidelity": each.fidelity, "spec": each.spec,
         "place": _relative(assigned.get(id(each)) or each.place, root)}
        for service in loaded
        for each in service.transactions for route in each.routes
    ]
    if as_json:
        show(rows, True)
        return
    for row in rows:
        typer.echo(f"{row['code']:18} {row['route']:72} {row['place']}")


def demo(document: Path | None, url: str, tenant: str, as_json: bool) -> int:
    """The prescription journey; the exit status."""
    from services.scenarios import DEMO
    from services.scenarios.render import farewell

    with _sandbox(url) as address:
        result = _play(DEMO, address, tenant, document, as_json)
    if as_json:
        show(result.to_json(), True)
    elif result.begun:
        typer.echo(farewell(url, tenant))
    return 0 if result.outcome == "pass" else 1


def scenarios(names: list[str], url: str, tenant: str, as_json: bool) -> int:
    """Some scenarios, or all; the exit status."""
    from services.scenarios import available

    with _sandbox(url) as address:
        results = [_play(name, address, tenant, None, as_json) for name in names or available()]
    if as_json:
        show([
            {"name": each.name, "outcome": each.outcome, "steps": each.to_json()["steps"]}
            for each in results
        ], True)
    return 0 if all(each.outcome == "pass" for each in results) else 1


def _play(
    name: str, url: str, tenant: str, document: Path | None, silent: bool
) -> ScenarioResult:
    from services.scenarios import ScenarioInvalid, run
    from services.scenarios.render import line, summary

    try:
        result = run(
            name, url=url, tenant=tenant, document=document,
            report=lambda step: None if silent else typer.echo(line(step)),
        )
    except ScenarioInvalid as error:
        fail(str(error))
    if not silent:
        typer.echo(summary(result))
    return result


def list_scenarios(as_json: bool) -> None:
    """The scenarios there are."""
    from services.scenarios import available

    show(list(available()), True) if as_json else typer.echo("\n".join(available()))


@contextlib.contextmanager
def _sandbox(url: str) -> Iterator[str]:
    """The given sandbox, or a fresh one in memory on free ports, stopped afterwards."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="socle-demo-") as directory:
        ready = Path(directory) / "ready.json"
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own arguments)
            [sys.executable, "-m", "services.cli", "up", "--memory", "--http-port", "0",
             "--https-port", "0", "--smtp-port", "0",
             "--ready-file", str(ready)], stdout=subprocess.DEVNULL,
        )
        try:
            yield wait_ready(process, ready)["http"]
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def wait_ready(process: subprocess.Popen[bytes], ready: Path) -> dict[str, Any]:
    """The content of the ready file, once it is there."""
    from services.kernel.clock import monotonic, pause

    until = monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None:
            fail("Le bac à sable s'est arrêté avant d'être prêt.")
        if monotonic() > until:
            fail(f"Le bac à sable n'est pas prêt après {START_SECONDS:.0f} s.")
        pause(0.02)
    content: dict[str, Any] = orjson.loads(ready.read_bytes())
    return content


def _headers(has_body: bool) -> dict[str, str]:
    import os

    headers = {"Content-Type": "application/json"} if has_body else {}
    secret = os.environ.get("SOCLE_TENANT_SECRET") or os.environ.get("SOCLE_ADMIN_TOKEN")
    return headers | ({"Authorization": f"Bearer {secret}"} if secret else {})


def _assigned() -> dict[int, str]:
    """Where transactions are declared by assignment, by identity: mail verbs, which have no
    handler, and what a shared function makes, whose handler is the same for every service."""
    from services.kernel.transactions import Transaction

    found = {}
    for module in tuple(sys.modules.values()):
        for name, value in tuple(vars(module).items()):
            if type(value) is not Transaction:
                continue
            lines = inspect.getsource(module).splitlines()
            numbers = [n for n, line in enumerate(lines, 1) if line.startswith(f"{name} = ")]
            if numbers:  # or else it is imported here, or a decorated function
                found[id(value)] = f"{module.__file__}:{numbers[0]}"
    return found


def _relative(place: str, root: Path) -> str:
    path, _, line = place.rpartition(":")
    if not path:
        return ""
    inside = Path(path).is_relative_to(root)
    return f"{Path(path).relative_to(root) if inside else path}:{line}"
