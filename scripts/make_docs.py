"""Write docs/reference/ from the declarations, the list of decisions from their titles, and what
Pro Santé Connect says from a run.

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
import psc_hops
import typer

from ins.rniv.wire import er7, mllp
from mssante import codes
from services import app, catalog, cli
from services.fhir.resource import MAX_DEPTH, MAX_VALUES
from services.kernel import limits
from services.kernel.guards import LARGER, MAX_BODY
from services.kernel.requirements import Registered, register
from services.kernel.rules import Rule
from services.kernel.transactions import MEBIBYTE, Service
from services.settings import Settings
from services.terminologies import code_lists
from services.terminologies.domain import About

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
        "reference/rules.md": page("Requirements", requirements(services)),
        "reference/limits.md": page("Limits", bounds(services)),
        "reference/control-api.md": page("Control API", control()),
        "reference/code-lists.md": page("Code lists", lists()),
        "explanation/pro-sante-connect-hop-by-hop.md": page(
            "Pro Santé Connect, hop by hop", psc_hops.blocks()
        ),
        "decisions/README.md": page("Decisions", decisions()),
    }


def page(title: str, blocks: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", NOTE, *blocks]) + "\n"


def bounds(services: Iterable[Service]) -> Iterator[str]:
    """What a client may take, from the constants that hold it."""
    bodies: dict[int, list[str]] = {}
    for service in services:
        for each in service.transactions:
            if each.handler is not None:
                bodies.setdefault(each.max_body, []).append(f"`{each.code}`")
    usual = max(bodies, key=lambda size: len(bodies[size]))
    yield (
        "What one client may take, so that the others are not held up. A refusal is written in the "
        "dialect of the address called and is in the journal; a connection that is cut before its "
        "request is whole is in the journal too."
    )
    yield "## HTTP and HTTPS"
    idle, unread = limits.IDLE_SECONDS, size(limits.UNREAD_BYTES)
    yield table(("What", "Limit", "Beyond it"), [
        ("Path and query", size(limits.TARGET_BYTES), "414"),
        ("Headers", f"{limits.HEADERS}, {size(limits.HEADER_BYTES)} in all", "431"),
        ("Headers without an end", size(limits.HEAD_BYTES), "431, cut"),
        ("Parameters of a query or form", f"{limits.PARAMETERS}", "400"),
        ("Body", size(usual), "413"),
        *((f"Body of {', '.join(those)}", size(limit), "413")
          for limit, those in sorted(bodies.items()) if limit != usual),
        ("Body of the control API", size(MAX_BODY), "413"),
        *((f"Body of `{path}`", size(limit), "413") for path, limit in LARGER.items()),
        ("Compressed body", "none", "415: nothing is ever inflated"),
        ("JSON of FHIR", f"{MAX_DEPTH} levels, {MAX_VALUES} values", "400"),
        ("TLS handshake", f"{limits.HANDSHAKE_SECONDS:.0f} s", "cut"),
        ("Headers, from their first byte", f"{limits.HEAD_SECONDS:.0f} s", "408, cut"),
        ("Body, from its first byte", f"{limits.BODY_SECONDS:.0f} s", "408, cut"),
        ("Connection on which nothing is asked", f"{idle} s", "closed"),
        ("Answer that is being read", f"at least {unread} every {idle} s", "cut"),
        ("Connections to one port", f"{limits.CONNECTIONS}",
         "the longest idle one is closed; 503 when none is idle"),
    ])
    yield "## Mail"
    yield table(("What", "Limit", "Beyond it"), [
        ("Connections", f"{codes.MAX_CONNECTIONS}", "421 4.7.0"),
        ("One command, or one message, from the last reply", f"{codes.IDLE_SECONDS:.0f} s",
         "421 4.4.2"),
        ("Handshake of STARTTLS", f"{limits.HANDSHAKE_SECONDS:.0f} s", "cut"),
        ("Refused authentications of a session", f"{codes.MAX_AUTH_FAILURES}", "421 4.7.0"),
        ("Command line", size(codes.COMMAND_LENGTH), "500 5.5.2"),
        ("Line of AUTH", size(codes.AUTH_LENGTH), "500 5.5.2"),
        ("Recipients of a message", f"{codes.MAX_RECIPIENTS}", "452 4.5.3"),
        ("Message", size(codes.MAX_MESSAGE), "552 5.3.4"),
        ("Messages being received, together", size(codes.MAX_HELD), "452 4.3.1"),
    ])
    yield "## HL7 v2"
    yield table(("What", "Limit", "Beyond it"), [
        ("Connections", f"{mllp.CONNECTIONS}", "the longest idle one is closed; cut when none is"),
        ("Message", size(mllp.MESSAGE_BYTES), "AE, cut"),
        ("Delimiters of a message", f"{er7.SEPARATORS}", "AE, 102"),
        ("One message, from its first byte", f"{mllp.FRAME_SECONDS:.0f} s", "cut"),
        ("Connection on which nothing is asked", f"{mllp.IDLE_SECONDS:.0f} s", "closed"),
        ("Acknowledgements that are not read", size(mllp.UNREAD_BYTES), "cut"),
        ("Messages received ahead of their answers", f"{mllp.WAITING}", "not read meanwhile"),
    ])
    yield "`make docs` writes this page from the constants; tests hold each of them."


def size(count: int) -> str:
    """In KiB or MiB."""
    return f"{count // MEBIBYTE} MiB" if count >= MEBIBYTE else f"{count // limits.KIBIBYTE} KiB"


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


def requirements(services: Iterable[Service]) -> Iterator[str]:
    services = list(services)
    every = list(register(services))
    yield (
        f"The {len(every)} requirements that exchanges are held against, as `socle requirements`, "
        "`GET /sandbox/requirements` and the console's page *Exigences* show them, there with the "
        "exchanges that broke each. A rule refuses only where the real service does, or in a "
        "strict tenant."
    )
    yield table(("Mark", "Where the requirement comes from"), (
        ("`official`", "A published text has a number for it, which is its id here."),
        ("`derived`", "Drawn from a published text that has no number for it; the id is ours."),
        ("`default`", "Socle's own; the id is ours."),
    ))
    yield table(("Seen in", "What shows whether it is kept"), (
        ("`wire`", "One exchange alone."),
        ("`state`", "One exchange, against what the sandbox knows: people, documents, time."),
        ("`sequence`", "Several exchanges in order."),
        ("`journal`", "All the exchanges of a period."),
        ("`manual`", "Only a person who looks at the software."),
    ))
    names = {"socle": "The sandbox itself"} | {
        each.id: f"{each.name} (`{each.id}`)" for each in services
    }
    for id, name in names.items():
        rows = [row(each) for each in every if each.service == id]
        if rows:
            yield f"## {name}"
            yield table(
                ("Id", "Severity", "Mark", "Seen in", "Refused with", "Requirement", "Source"), rows
            )
    yield "## Official numbers"
    yield "Texts in alphabetical order, and the rule that observes each of their requirements."
    yield table(("Text", "Number", "Service", "Rule"), sorted(
        (citation.document.title, f"`{number}`", f"`{each.service}`",
         f"`{each.requirement.id}`" if each.checked else "")
        for each in every for citation in each.requirement.citations for number in citation.numbers
    ))


def row(each: Registered) -> tuple[str, ...]:
    found = each.requirement
    refuses = found.refuses if isinstance(found, Rule) else None
    return (
        f"`{found.id}`", found.severity, f"`{found.fidelity}`", f"`{found.observable}`",
        f"`{refuses.code}`" if refuses else "", found.message, found.source,
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


def lists() -> Iterator[str]:
    known = list(code_lists())
    yield (
        f"{len(known)} lists, {sum(each.shipped for each in known)} codes. `socle codes` searches "
        "them, `socle codes --list JDV_J06` shows one. A list that is not whole never says that a "
        "code is unknown. Codes: those shipped, of those published where they differ."
    )
    for source in sorted({(each.source, each.licence) for each in known}):
        yield f"## {source[0]} ({source[1]})"
        yield table(
            ("List", "OID", "Version", "Codes", "Completeness"),
            (
                (each.url, each.oid, each.version, counts(each), each.completeness)
                for each in known if (each.source, each.licence) == source
            ),
        )


def counts(about: About) -> str:
    told = str(about.shipped)
    return told if about.shipped == about.published else f"{told} of {about.published}"


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
