"""The register of requirements: complete, without doubles, and every rule in it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest

from services import catalog
from services.kernel.requirements import (
    SOCLE,
    Document,
    Observable,
    Registered,
    Requirement,
    Severity,
    cited,
    named,
    register,
)
from services.kernel.rules import Rule
from services.kernel.transactions import Service
from tests import examples

SERVICES = catalog.load()
EVERY = list(register(SERVICES.values()))
OFFICIAL = re.compile(
    r"EXI (EDC )?(PSC|ID|SI) [0-9]{1,3}|E[FX]_[A-Z0-9._]+[-_][0-9]{2,4}|ECO\.[0-9.]+"
    r"|(SC\.)?MSS/(va1|CONF|UX)\.[0-9]{2}|[0-9]\.[0-9]-[0-9]{3}|[LR]\.[0-9]{4}-[0-9]{1,3}"
    r"|Sentinelle\.[0-9]{2}"
)
"""How the numbers of the texts look: ours never do."""
TEXT = Document("Texte v1")


def rules_in_the_code(service: Service) -> Iterator[Rule]:
    package = catalog.MODULES[service.id]
    for name, module in tuple(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            yield from (value for value in vars(module).values() if isinstance(value, Rule))


def test_ids_are_unique() -> None:
    twice = [id for id, n in Counter(each.requirement.id for each in EVERY).items() if n > 1]
    assert not twice


def test_a_number_stands_for_one_requirement_of_a_service() -> None:
    numbers = Counter(
        (each.service, number) for each in EVERY for number in each.requirement.numbers
    )
    assert not [each for each, n in numbers.items() if n > 1]


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.requirement.id)
def test_a_requirement_is_complete(each: Registered) -> None:
    found = each.requirement
    assert found.message.endswith((".", " ?"))
    assert found.severity in get_args(Severity)
    assert found.observable in get_args(Observable)
    assert found.citations
    assert all(citation.document.title for citation in found.citations)
    assert found.source
    assert found.documents or found.fidelity == "default"
    assert not each.checked or found.observable in ("wire", "state", "sequence")


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.requirement.id)
def test_official_numbers_are_official_and_ours_are_not(each: Registered) -> None:
    found = each.requirement
    if found.fidelity == "official":
        assert found.id in found.numbers
        assert all(OFFICIAL.fullmatch(number) for number in found.numbers)
    else:
        assert not OFFICIAL.fullmatch(found.id)
        assert found.source.startswith("Règle de Socle")


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.id)
def test_every_rule_in_the_code_is_registered(service: Service) -> None:
    registered = {id(rule) for rule in service.rules}
    used = list(rules_in_the_code(service))
    assert used
    assert not {rule.id for rule in used if id(rule) not in registered}


def test_the_sandbox_itself_has_rules() -> None:
    assert [each.requirement.id for each in EVERY if each.service == "socle"] == [
        "SOCLE-TLS-CERTIFICAT", "SOCLE-TLS-SERVEUR",
    ]


@pytest.mark.parametrize(("sources", "fidelity", "source", "numbers"), [
    (TEXT.requires("N 1", "N 2", at="§3"), "official", "Texte v1 §3, N 1, N 2", ("N 1", "N 2")),
    ((TEXT.requires("N 1"), SOCLE), "official", "Texte v1, N 1 ; Règle de Socle", ("N 1",)),
    (TEXT.at("§3"), "derived", "Règle de Socle, d'après : Texte v1 §3", ("ID",)),
    (TEXT, "derived", "Règle de Socle, d'après : Texte v1", ("ID",)),
    (SOCLE, "default", "Règle de Socle", ("ID",)),
    (SOCLE.at("prudence"), "default", "Règle de Socle : prudence", ("ID",)),
])
def test_the_source_says_the_fidelity(
    sources: object, fidelity: str, source: str, numbers: tuple[str, ...]
) -> None:
    found = Requirement("ID", "error", "Il faut.", cited(sources))  # type: ignore[arg-type]
    assert (found.fidelity, found.source, found.numbers) == (fidelity, source, numbers)


def test_a_requirement_is_named_by_any_of_its_numbers() -> None:
    for name in ("EXI ID 26", "exi si 09"):
        assert named(SERVICES.values(), name) == {"EXI ID 26"}
    assert named(SERVICES.values(), "SC.MSS/CONF.16") == {"ECO.2.4.3"}
    assert named(SERVICES.values(), "PSC-NONCE") == {"PSC-NONCE"}
    assert named(SERVICES.values(), "EXI PSC 999") == set()


def test_a_rule_without_examples_would_be_seen() -> None:
    every = {(each.requirement.id, outcome) for each in EVERY
             for outcome in (examples.ACCEPTED, examples.REFUSED)}
    assert examples.missing_examples(every) == []
    assert examples.missing_examples(every - {("PSC-NONCE", "refused")}) == [
        ("PSC-NONCE", "refused")
    ]
