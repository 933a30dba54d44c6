"""The schemas of a message: all at once, and as strict as element by element."""

from __future__ import annotations

from functools import partial

import pytest
from lxml import etree

from ins import codes
from ins.wire.schemas import violations
from services.kernel.rules import MOST, Mismatch, rule
from services.soap.envelope import read_envelope
from tests.ins.lps import ZOE, Parts, bam, lps, traits

RIGHT = Parts(body=traits(*ZOE)).xml().decode()


def found(message: str) -> list[str]:
    """The last part of the place of each problem."""
    told = violations(read_envelope(message.encode()), codes.ACTION_TRAITS)
    return [each.at.rpartition("/")[2] for each in told]


def without(message: str, name: str) -> str:
    """That message without the elements of that name."""
    root = etree.fromstring(message)
    for each in root.findall(f".//{{*}}{name}"):
        parent = each.getparent()
        assert parent is not None
        parent.remove(each)
    return etree.tostring(root).decode()


@pytest.mark.parametrize(("message", "names"), [
    (RIGHT, []),
    (without(RIGHT, "COUVERTURE"), ["ContexteBAM"]),
    (without(RIGHT, "Temps"), ["ContexteBAM", "ContexteLPS"]),
    (RIGHT.replace("Version>", "Edition>"), ["ContexteLPS"]),
    (RIGHT.replace("Sexe>", "Genre>"), ["RECSANSVITALE"]),
    (RIGHT.replace("Sexe>", "Genre>").replace("<b:COUVERTURE/>", "<b:Autre/>"),
     ["ContexteBAM", "RECSANSVITALE"]),
    (RIGHT.replace(codes.NS_TRAITS, codes.NS_VITALE), ["Body"]),
    (RIGHT.replace("RECSANSVITALE", "RECVITALE"), ["Body"]),
], ids=["right", "couverture", "temps", "logiciel", "sexe", "both", "namespace", "root"])
def test_each_element_keeps_to_its_schema(message: str, names: list[str]) -> None:
    assert found(message) == names


def test_a_problem_says_where_it_is() -> None:
    (problem,) = violations(
        read_envelope(RIGHT.replace("Sexe>", "Genre>").encode()), codes.ACTION_TRAITS
    )
    assert problem.at == "/Envelope/Body/RECSANSVITALE"
    assert "Genre" in problem.found


@pytest.mark.parametrize("inner", [bam(), lps(), traits(*ZOE)], ids=["bam", "lps", "traits"])
def test_what_another_block_holds_is_nobodys(inner: str) -> None:
    broken = inner.replace("Emetteur>", "Auteur>").replace("Sexe>", "Genre>")
    block = f'<x:Bloc xmlns:x="urn:x">{broken}</x:Bloc>'
    assert found(Parts(body=traits(*ZOE), more=block).xml().decode()) == []


def test_a_message_breaks_a_rule_a_hundred_times_at_most() -> None:
    def check(times: int) -> list[Mismatch]:
        return [Mismatch("/", "rien", str(each)) for each in range(times)]

    told = partial(rule, severity="error", message="…", source=())
    assert len(list(told("X")(check).findings(3))) == 3
    assert [each.found for each in told("X")(check).findings(3 * MOST)][-1] == str(MOST - 1)
