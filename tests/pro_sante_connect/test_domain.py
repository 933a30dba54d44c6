"""Redirect addresses, parameters and keys, without a server."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.keys import load_or_make
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.profile import P2026
from pro_sante_connect.domain.redirection import is_allowed, is_loopback, is_plain, with_parameters
from pro_sante_connect.domain.session import Session

SECOND = 1_000_000


@given(some.text())
def test_only_registered_or_loopback_addresses_are_allowed(text: str) -> None:
    if is_allowed(text, ("https://a.test/cb",), any_loopback=True):
        assert text == "https://a.test/cb" or (
            urlsplit(text).hostname in {"localhost", "127.0.0.1", "::1"}
        )


@given(some.text(max_size=60), some.text(max_size=60))
def test_parameters_survive_the_address(state: str, code: str) -> None:
    state, code = (text.encode("utf-8", "ignore").decode() for text in (state, code))
    for uri in ("http://localhost/cb", "http://localhost/cb?a=1", "http://localhost/cb?"):
        location = with_parameters(uri, [("state", state), ("code", code)])
        assert is_plain(location) or len(location) > 2000
        read = dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))
        assert (read["state"], read["code"]) == (state, code)


@pytest.mark.parametrize("uri", ["http://[::1", "ftp://localhost/", "localhost", "http://", ""])
def test_what_is_no_web_address_of_this_machine(uri: str) -> None:
    assert not is_loopback(uri)


def test_the_first_of_a_name_counts_and_an_empty_one_does_not() -> None:
    read = Parameters.of([("a", ""), ("a", "1"), ("b", "2"), ("b", "3")])
    assert read.get("a") == "1"
    assert read.get("b") == "2"
    assert read.get("c") == ""
    assert read.duplicated == ("b",)


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    first, second = load_or_make(tmp_path / "psc"), load_or_make(tmp_path / "psc")
    assert first.signing.jwk == second.signing.jwk
    assert first.encryption == second.encryption
    assert first.symmetric_kid == second.symmetric_kid
    for path in (tmp_path / "psc").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "psc").stat().st_mode) == 0o700
    assert load_or_make(tmp_path / "other").signing.kid != first.signing.kid


def test_granted_scopes_are_wider_than_asked() -> None:
    assert " ".join(P2026.granted(("openid", "scope_all"))) == "openid profile scope_all identity"
    assert " ".join(P2026.granted(("scope_all", "openid"))) == "openid profile scope_all identity"
    assert " ".join(P2026.granted(())) == "profile identity"


@pytest.mark.parametrize(("seen", "now", "alive"), [
    (0, 1799, True), (0, 1800, False), (14_000, 14_399, True), (14_399, 14_400, False),
])
def test_a_session_ends_by_silence_or_by_age(seen: int, now: int, alive: bool) -> None:
    session = Session("s", "8", "CARD", "", 0, seen * SECOND)
    assert session.is_alive(now * SECOND, P2026) is alive


def test_the_mode_of_a_professional_comes_before_everyones() -> None:
    settings = {ecps.SETTING: ecps.changed({}, "refuse", None)}
    settings[ecps.SETTING] = ecps.changed(settings, "auto", "8")
    assert ecps.mode_of(settings, "8") == "auto"
    assert ecps.mode_of(settings, "9") == "refuse"
    assert ecps.mode_of({}, "9") == "auto"
