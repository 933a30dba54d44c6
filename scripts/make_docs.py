"""Write docs/reference/ from the declarations, and the list of decisions from their titles.

    python scripts/make_docs.py           write the pages
    python scripts/make_docs.py --check   exit 1 when a page is not what would be written
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import typer

from services import app, catalog, cli
from services.kernel.transactions import Service
from services.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Written by `make docs`: change the declarations, not this page. -->"


def pages() -> dict[str, str]:
    """Path under docs/ → content."""
    services = catalog.load().values()
    return {
        "reference/settings.md": page("Settings", settings()),
        "reference/cli.md": page("Command line", commands()),
        "reference/services.md": page("Services and transactions", transactions(services)),
        "reference/errors.md": page("Errors", errors(services)),
        "reference/rules.md": page("Rules", rules(services)),
        "reference/control-api.md": page("Control API", control()),
        "decisions/README.md": page("Decisions", decisions()),
    }


def page(title: str, blocks: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", NOTE, *blocks]) + "\n"


def settings() -> Iterator[str]:
    yield (
        "Read when the sandbox starts: from the options of `socle up`, else from the environment, "
        "else from the TOML file that `--config` or `SOCLE_CONFIG` names, whose keys are the names "
        "below in lower case without `SOCLE_` (`http_port = 9000`). A key that is no setting is "
        "refused."
    )
    prefix = Settings.model_config["env_prefix"]
    yield table(
        ("Environment", "Default", "Meaning"),
        (
            (f"`{prefix}{name.upper()}`", default(field.default), field.description or "")
            for name, field in Settings.model_fields.items()
        ),
    )
    yield (
        "Commands that act on a running sandbox read `SOCLE_URL` (its address, "
        "`http://127.0.0.1:8080`) and `SOCLE_TENANT_SECRET` or `SOCLE_ADMIN_TOKEN`."
    )


def commands() -> Iterator[str]:
    yield "Every command that prints a result has `--json`; help texts are the command's own."
    yield from command("socle", typer.main.get_command(cli.app))


def command(name: str, each: Any) -> Iterator[str]:
    """A command and those below it, depth first."""
    below = getattr(each, "commands", {})
    if not below:
        arguments = [p for p in each.params if p.param_type_name == "argument"]
        usage = " ".join([name, *(f"[{p.name.upper()}]" for p in arguments)])
        yield f"## `{usage}`"
        yield each.help or ""
        rows = [(option(p), p.help or "") for p in each.params]
        if rows:
            yield table(("Argument or option", "Meaning"), rows)
    for child, inner in below.items():
        yield from command(f"{name} {child}", inner)


def option(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    value = "" if parameter.is_flag else f" {parameter.name.rpartition('_')[2].upper()}"
    return f"`{parameter.opts[0]}{value}`"


def transactions(services: Iterable[Service]) -> Iterator[str]:
    yield (
        "Paths stand after the address of the sandbox, or after `/t/{tenant}`. What the fidelity "
        "marks mean: [Fidelity](../explanation/fidelity.md)."
    )
    for service in services:
        yield f"## {service.name} (`{service.id}`)"
        yield table(
            ("Code", "Route", "Transaction", "Specification", "Fidelity"),
            (
                (f"`{each.code}`", f"`{route}`", each.name, each.spec, each.fidelity)
                for each in service.transactions
                for route in each.routes
            ),
        )


def errors(services: Iterable[Service]) -> Iterator[str]:
    yield "Every refusal of each service, with its label as callers see it."
    for service in services:
        yield f"## {service.name} (`{service.id}`)"
        yield table(
            ("Code", "Status", "Label", "When", "Source", "Fidelity"),
            (
                (f"`{e.code}`", e.smtp or str(e.status), e.label, e.when, e.source, e.fidelity)
                for e in service.errors
            ),
        )


def rules(services: Iterable[Service]) -> Iterator[str]:
    yield (
        "What the journal's findings mean. A rule refuses only where the real service does, or in "
        "a strict tenant. Ids that are not official say so in their source."
    )
    for service in services:
        if not service.rules:
            continue
        yield f"## {service.name} (`{service.id}`)"
        yield table(
            ("Rule", "Severity", "Requirement", "Source"),
            ((f"`{rule.id}`", rule.severity, rule.message, rule.source) for rule in service.rules),
        )


def control() -> Iterator[str]:
    yield (
        "Paths stand after the address of the sandbox, or after `/t/{tenant}`. Bodies are JSON "
        "(`Content-Type: application/json`); errors are `{\"erreur\": {\"code\", \"libelle\"}}`. "
        "Its OpenAPI document is at `/sandbox/openapi.json`. Calls of this API are not exchanges: "
        "the journal does not show them."
    )
    paths = asyncio.run(control_schema())["paths"]
    yield table(
        ("Call", "Meaning"),
        (
            (f"`{method.upper()} {path}`", operation.get("description", operation["summary"]))
            for path in sorted(paths)
            for method, operation in paths[path].items()
        ),
    )


async def control_schema() -> Any:
    """The OpenAPI document of a sandbox that is started for it."""
    running = await app.start(Settings(memory=True, http_port=0, https_port=0, smtp_port=0))
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{running.ready['http']}/sandbox/openapi.json")).json()
    finally:
        await running.stop()


def decisions() -> Iterator[str]:
    yield "One page each: context, decision, consequences, alternatives."
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = [record.read_text("utf-8").partition("\n")[0].removeprefix("# ") for record in records]
    yield "\n".join(f"- [{title}]({r.name})" for title, r in zip(titles, records, strict=True))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell(text) for text in line)} |" for line in lines)


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def default(value: object) -> str:
    return "" if value in ("", None) else f"`{str(value).lower()}`"


def main() -> int:
    written = pages()
    stale = [
        name for name, content in written.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text("utf-8") != content
    ]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/{name} is out of date: run make docs")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(written[name], "utf-8")
        print(f"written: docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
