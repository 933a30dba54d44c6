"""The virtual e-CPS: how each professional's device answers."""

from __future__ import annotations

from typing import Any, Literal, get_args

Mode = Literal[
    "auto", "manual", "refuse", "timeout", "wrong_pin", "blocked", "unreachable", "inactive"
]
MODES: tuple[Mode, ...] = get_args(Mode)
DEFAULT: Mode = "auto"
SETTING, DELAY = "ecps", "after_seconds"


def mode_of(settings: dict[str, Any], id_nat: str) -> Mode:
    """The professional's own mode, else everyone's, else `auto`."""
    stored = settings.get(SETTING, {})
    mode = stored.get("professionals", {}).get(id_nat) or stored.get("mode", DEFAULT)
    return mode if mode in MODES else DEFAULT


def described(settings: dict[str, Any]) -> dict[str, Any]:
    """`{"mode": everyone's, "professionals": {id_nat: mode}}`, and the delay when there is one."""
    stored = settings.get(SETTING, {})
    delay = stored.get(DELAY)
    return {
        "mode": stored.get("mode", DEFAULT), "professionals": dict(stored.get("professionals", {})),
        **({DELAY: delay} if delay else {}),
    }


def delay_of(settings: dict[str, Any]) -> int:
    """Seconds that devices take to answer a CIBA request by themselves."""
    return int(settings.get(SETTING, {}).get(DELAY, 0))


def changed(
    settings: dict[str, Any], mode: Mode, id_nat: str | None, delay: int = 0
) -> dict[str, Any]:
    """The new value of the setting; for everyone, it also sets the delay and forgets exceptions."""
    if id_nat is None:
        return {"mode": mode, "professionals": {}, **({DELAY: delay} if delay else {})}
    now = described(settings)
    return {**now, "professionals": {**now["professionals"], id_nat: mode}}
