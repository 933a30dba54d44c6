"""The virtual e-CPS: how each professional's device answers."""

from __future__ import annotations

from typing import Any, Literal, get_args

Mode = Literal["auto", "manual", "refuse", "timeout", "wrong_pin"]
MODES: tuple[Mode, ...] = get_args(Mode)
DEFAULT: Mode = "auto"
SETTING = "ecps"


def mode_of(settings: dict[str, Any], id_nat: str) -> Mode:
    """The professional's own mode, else everyone's, else `auto`."""
    stored = settings.get(SETTING, {})
    mode = stored.get("professionals", {}).get(id_nat) or stored.get("mode", DEFAULT)
    return mode if mode in MODES else DEFAULT


def described(settings: dict[str, Any]) -> dict[str, Any]:
    """`{"mode": everyone's, "professionals": {id_nat: mode}}`."""
    stored = settings.get(SETTING, {})
    return {
        "mode": stored.get("mode", DEFAULT), "professionals": dict(stored.get("professionals", {}))
    }


def changed(settings: dict[str, Any], mode: Mode, id_nat: str | None) -> dict[str, Any]:
    """The new value of the setting; for everyone, it also forgets the exceptions."""
    if id_nat is None:
        return {"mode": mode, "professionals": {}}
    now = described(settings)
    return {**now, "professionals": {**now["professionals"], id_nat: mode}}
