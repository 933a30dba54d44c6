"""Checking rows into a draft: everything that is wrong is said, and then nothing is stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from services.population.checking.problems import NoNumberLeft, Problem, Refused
from services.population.draft import Draft, Taken
from services.population.importing.rows import Row
from services.population.registering import add
from services.population.wording import fault_message, taken_label

PAUSE_EVERY = 50
"""Rows between two turns given to the other exchanges."""


@dataclass(frozen=True, slots=True)
class Remark:
    """place: line or entry; at: member; a refusal or what deserves attention, in French."""

    place: int
    at: str
    message: str


@dataclass(slots=True)
class Report:
    """What an import did, or why it did nothing. added: plural of the kind → how many."""

    rows: int
    added: Counter[str] = field(default_factory=Counter)
    refusals: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        return len({each.place for each in self.refusals})


async def load(rows: list[Row], draft: Draft) -> Report:
    """Draft every row. A report with refusals is not to be committed."""
    report = Report(len(rows))
    for number, row in enumerate(rows):
        if number % PAUSE_EVERY == PAUSE_EVERY - 1:
            await asyncio.sleep(0)
        try:
            remarks = await _add(row, draft)
        except Refused as error:
            report.refusals += [_remark(row, each) for each in error.problems]
        except Taken as error:
            report.refusals.append(Remark(row.place, error.at, taken_label(error)))
        except NoNumberLeft:
            report.refusals.append(Remark(row.place, "", "Tous les numéros fictifs sont pris."))
        else:
            report.added[row.door.kind.plural] += 1
            report.warnings += [_remark(row, each) for each in remarks]
    return report


async def _add(row: Row, draft: Draft) -> tuple[Problem, ...]:
    """The remarks. Raises Refused, Taken or NoNumberLeft."""
    if row.trouble:
        raise Refused(*(Problem(at, message) for at, message in row.trouble))
    try:
        given: Any = row.door.stored.model_validate(row.members)
    except ValidationError as error:
        raise Refused(*(
            Problem(".".join(map(str, fault["loc"])), fault_message(fault))
            for fault in error.errors()
        )) from error
    return (await add(row.door, given, draft)).remarks


def _remark(row: Row, problem: Problem) -> Remark:
    return Remark(row.place, problem.at, problem.message)
