"""`socle codes`: the code lists that Socle knows, and their codes. Needs no running sandbox."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from services.commands.options import Json


def codes(
    query: Annotated[str, typer.Argument(help="Ce que contient le nom, le code ou le libellé.")]
    = "",
    name: Annotated[str, typer.Option("--list", help="Une liste : URL, OID ou nom (JDV_J06).")]
    = "",
    as_json: Json = False,
) -> None:
    """Les listes de codes, ou avec --list les codes d'une liste."""
    from services import client
    from services.terminologies import code_lists
    from services.terminologies.domain import fold

    lists = code_lists()
    if not name:
        found = list(lists.matching(query))
        if as_json:
            client.show({"lists": [
                asdict(each) | {"open": sorted(each.open)} for each in found
            ]}, True)
            return
        for each in found:
            typer.echo(f"{each.shipped:6} {each.completeness}  {each.canonical}  {each.oid}")
        return
    one = lists.list_of(name)
    if one is None:
        client.fail(f"Liste inconnue : {name}.")
    wanted = fold(query)
    kept = [
        (each, lists.status(each.system, each.code)) for each in one
        if wanted in fold(f"{each.code} {each.label}")
    ]
    if as_json:
        about = asdict(one.about) | {"open": sorted(one.about.open)}
        client.show(about | {"codes": [
            asdict(concept) | asdict(status) for concept, status in kept
        ]}, True)
        return
    typer.echo(f"{one.about.canonical} ({one.about.completeness}, {len(one)} codes)")
    for concept, status in kept:
        closed = f"  fermé le {status.until or '?'}" if status.state == "closed" else ""
        typer.echo(f"{concept.code:24} {concept.label}{closed}  [{concept.system}]")
