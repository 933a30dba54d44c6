"""Contrast of the tokens, computed in both themes (WCAG 2.2 §1.4.3 and §1.4.11)."""

from __future__ import annotations

import re

import pytest

from services.console.assets import STATIC

SHEET = (STATIC / "tokens.css").read_text()
TEXT = [
    ("ink", "page"), ("ink", "surface"), ("ink-2", "page"), ("ink-2", "sunken"),
    ("ink-3", "page"), ("ink-3", "surface"), ("ink-3", "sunken"), ("act", "page"),
    ("act", "surface"), ("act-ink", "act"), ("now-ink", "now"), ("page", "ink"),
    ("ok", "surface"), ("warn", "surface"), ("err", "surface"), ("info", "surface"),
    ("warn", "sunken"), ("info", "info-wash"), ("wait", "wait-wash"), ("ink", "err-wash"),
    ("ink", "warn-wash"), ("ink", "now-wash"), ("surface", "err"), ("surface", "warn"),
    ("surface", "info"), ("base-ink", "base"), ("base-ink-2", "base"), ("base-ink", "base-line"),
    ("base-ok", "base"), ("base-warn", "base"), ("base-err", "base"), ("base-act", "base"),
]
SHAPES = [("edge", "page"), ("edge", "surface"), ("base-edge", "base"), ("act", "page"),
          ("now", "base"), ("base-err", "base"), ("now-edge", "surface")]


def token(name: str, dark: bool) -> str:
    value = re.search(rf"--{name}:\s*(light-dark\((#\w+),(#\w+)\)|(#\w+))", SHEET)
    assert value is not None, name
    return value[4] or value[3 if dark else 2]


def luminance(colour: str) -> float:
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), [
    *((front, ground, 4.5) for front, ground in TEXT),
    *((front, ground, 3.0) for front, ground in SHAPES),
])
def test_contrast(front: str, ground: str, least: float, dark: bool) -> None:
    assert contrast(token(front, dark), token(ground, dark)) >= least
