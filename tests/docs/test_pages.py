"""What the pages point to exists: other pages, verbs of make, commands and options of socle."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from services import cli
from tests.docs.pages import CARDS, DECISIONS, EVERY, ROOT, relative

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def commands(page: Path) -> list[str]:
    """Lines of shell blocks and inline code, continued lines joined."""
    found = CODE.findall(page.read_text("utf-8"))
    code = "\n".join(block or inline for block, inline in found)
    return code.replace("\\\n", " ").splitlines()


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@cache
def _socle() -> Any:
    return typer.main.get_command(cli.app)


@pytest.mark.parametrize("page", EVERY, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


@pytest.mark.parametrize("page", EVERY, ids=relative)
def test_make_verbs_exist(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in commands(page):
        named = re.match(r"make ([a-z-]+)", line)
        assert named is None or named[1] in verbs, line


@pytest.mark.parametrize("page", EVERY, ids=relative)
def test_commands_and_options_exist(page: Path) -> None:
    for line in commands(page):
        words = line.partition("#")[0].split()
        if "socle" not in words:
            continue
        each: Any = _socle()
        rest = words[words.index("socle") + 1:]
        while rest and rest[0] in getattr(each, "commands", {}):
            each = each.commands[rest.pop(0)]
        assert not hasattr(each, "commands") or not rest, f"no such command: {line}"
        known = {"--help"}.union(*({*one.opts, *one.secondary_opts} for one in each.params))
        given = {word.strip("]").partition("=")[0] for word in rest if word.startswith("--")}
        assert given <= known, line


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    listed = {(index.parent / target).resolve() for target, _ in LINK.findall(index.read_text())}
    listed |= set(DECISIONS.glob("0*.md"))  # by decisions/README.md, which is generated
    assert {page for page in EVERY if page.is_relative_to(index.parent)} - {index} == listed


def test_every_service_has_a_line_in_the_readme() -> None:
    from services import catalog

    readme = (ROOT / "README.md").read_text("utf-8")
    for module in catalog.MODULES.values():
        assert f"{module.replace('.', '/')}/README.md" in readme


def test_every_card_is_reached_from_another_page() -> None:
    """A service's card from the README, the others from a page or a card."""
    reached = {
        (page.parent / target).resolve()
        for page in EVERY for target, _ in LINK.findall(page.read_text("utf-8")) if target
    }
    assert set(CARDS) <= reached
