"""Scenarios: stories played against a running sandbox, as a vendor's software would.

Only public APIs, over sockets; every exchange is in the journal like any client's.
"""

from services.scenarios.definition import ScenarioInvalid, available
from services.scenarios.results import ScenarioResult, StepResult
from services.scenarios.runner import run

DEMO = "parcours-ordonnance"
"""The scenario that `socle demo` plays."""

__all__ = ["DEMO", "ScenarioInvalid", "ScenarioResult", "StepResult", "available", "run"]
