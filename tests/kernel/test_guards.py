"""The control API answers this machine's user only."""

import pytest

from services.kernel.guards import Guard, is_loopback
from services.settings import Settings


async def nothing(scope, receive, send) -> None:
    raise AssertionError("not called")


LOCAL = Guard(nothing, Settings(memory=True))
SHARED = Guard(nothing, Settings(memory=True, host="0.0.0.0", admin_token="secret"))
JSON = {"content-type": "application/json"}


def status(guard: Guard, method: str = "GET", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    refusal = guard.refusal(method, {"host": "127.0.0.1:8080"} | named)
    return 200 if refusal is None else refusal.status


@pytest.mark.parametrize(("host", "expected"), [
    ("localhost", True), ("psc.localhost", True), ("127.0.0.1", True), ("127.9.9.9", True),
    ("[::1]", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False),
    ("localhost.evil.example", False), ("evil.example", False), ("", False),
])
def test_loopback_names(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_foreign_host_is_refused() -> None:
    assert status(LOCAL, host="evil.example") == 421
    assert status(LOCAL, host="") == 421


def test_a_foreign_origin_is_refused() -> None:
    assert status(LOCAL, origin="http://evil.example") == 403
    assert status(LOCAL, origin="null") == 403
    assert status(LOCAL, origin="http://127.0.0.1:9999") == 403
    assert status(LOCAL, origin="http://127.0.0.1:8080") == 200


def test_a_change_must_be_json_and_same_site() -> None:
    assert status(LOCAL, "POST") == 415
    assert status(LOCAL, "POST", content_type="text/plain") == 415
    assert status(LOCAL, "POST", **JSON, sec_fetch_site="cross-site") == 403
    assert status(LOCAL, "POST", **JSON) == 200
    assert status(LOCAL, "POST", content_type="application/json; charset=utf-8") == 200
    assert status(LOCAL, "DELETE") == 200


def test_an_oversized_change_is_refused() -> None:
    assert status(LOCAL, "POST", **JSON, content_length="3000000") == 413
    assert status(LOCAL, "POST", **JSON, content_length="-1") == 400


def test_elsewhere_than_loopback_the_token_is_wanted() -> None:
    assert status(SHARED) == 401
    assert status(SHARED, authorization="Bearer wrong") == 401
    assert status(SHARED, authorization="Bearer secret") == 200
    assert status(SHARED, authorization="Basic OnNlY3JldA==") == 200
    assert status(SHARED, authorization="Basic !!") == 401
