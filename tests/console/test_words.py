"""Where long addresses are cut."""

from __future__ import annotations

import pytest

from services.console.words import cuts


@pytest.mark.parametrize(("text", "pieces"), [
    ("Bundle.entry[1].title", ["Bundle", ".entry", "[1]", ".title"]),
    ("/psc/auth", ["/", "psc/", "auth"]), ("a.b@c.fr", ["a", ".b", "@c", ".fr"]),
    ("EP4", ["EP4"]), ("", []), ("..@[", [".", ".", "@", "["]),
])
def test_nothing_is_lost_between_the_cuts(text: str, pieces: list[str]) -> None:
    assert cuts(text) == pieces
    assert "".join(pieces) == text
