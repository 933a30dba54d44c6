"""A finding marks the very value it is about, or its closest parent, or nothing."""

from __future__ import annotations

import orjson
import pytest

from services.console.decoding import decode
from services.console.marking import in_reading_order, marked
from services.console.tree import Node, walk

BUNDLE = {"resourceType": "Bundle", "type": "transaction", "entry": [
    {"resource": {"resourceType": "List", "title": "Lot"}},
    {"resource": {"resourceType": "DocumentReference", "content": [
        {"attachment": {"title": "Bilan", "language": "fr"}},
    ], "author": [{"reference": "#a"}, {"reference": "#b"}]}},
]}
RAW = (b"POST /t/demo/dmp/fhir HTTP/1.1\r\nContent-Type: application/json\r\n"
       b"User-Agent: essai\r\n\r\n" + orjson.dumps(BUNDLE))


def finding(at: str, found: str = "") -> dict[str, str]:
    return {"rule": "R", "severity": "error", "at": at, "found": found}


def marked_labels(at: str, found: str = "") -> list[tuple[str, str]]:
    tree = marked(decode(RAW), [finding(at, found)])
    return [(node.label, node.value) for node in walk(tree) if node.marks]


@pytest.mark.parametrize(("at", "found", "expected"), [
    ("Bundle.entry[1].resource.content[0].attachment.language", "fr", ("language", "fr")),
    ("DocumentReference.content.attachment.language", "fr", ("language", "fr")),
    ("DocumentReference.author", "#b", ("reference", "#b")),
    ("Bundle.entry[1].resource.ofType(DocumentReference).author", "#a", ("reference", "#a")),
    ("DocumentReference.content[0].attachment.creation", "(absent)", ("attachment", "")),
    ("Bundle.entry[1].resource.title", "(absent)", ("resource", "")),
    ("Bundle.entry[0].resource.author", "(absent)", ("resource", "")),
    ("content-type", "", ("Content-Type", "application/json")),
    ("User-Agent", "essai", ("User-Agent", "essai")),
])
def test_the_value_is_marked(at: str, found: str, expected: tuple[str, str]) -> None:
    assert marked_labels(at, found) == [expected]


@pytest.mark.parametrize("at", ["", "X-Absent", "l'ensemble", "[0]", "....", "(" * 50])
def test_a_place_that_is_not_there_marks_nothing(at: str) -> None:
    assert marked_labels(at) == []


def test_an_index_is_respected() -> None:
    tree = marked(decode(RAW), [finding("Bundle.entry[1].resource.title")])
    holders = [node.note for node in walk(tree) if node.marks]
    assert holders == ["DocumentReference"]


def test_marks_are_numbered_and_seen() -> None:
    findings = [finding("DocumentReference.author[1].reference"), finding("User-Agent"),
                finding("User-Agent")]
    tree = marked(decode(RAW), findings)
    numbers = {node.label: [mark.number for mark in node.marks] for node in walk(tree)
               if node.marks}
    assert numbers == {"reference": [1], "User-Agent": [2, 3]}
    assert all(holder.open for holder in walk(tree) if _has_mark_below(holder))


def test_findings_follow_the_page_and_those_without_a_place_come_last() -> None:
    nodes = decode(RAW)
    wanted = [finding(at) for at in (
        "User-Agent", "DocumentReference.content[0].attachment.title",
        "DocumentReference.author[0]", "X-Absent", "",
    )]
    mixed = [wanted[3], wanted[2], wanted[4], wanted[0], wanted[1]]
    assert in_reading_order(nodes, mixed) == wanted
    numbers = [mark.number for node in walk(marked(nodes, wanted)) for mark in node.marks]
    assert numbers == [1, 2, 3]


def _has_mark_below(node: Node) -> bool:
    return any(each.marks for each in walk(node.children))
