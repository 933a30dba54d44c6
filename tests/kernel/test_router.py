"""Literal segments win, trailing slashes are ignored, percent-encoding stays inside a segment."""

import pytest

from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.router import Router
from services.kernel.transactions import Service, Transaction, transaction


def declare(code: str, *routes: str) -> Transaction:
    @transaction(code, name=code, spec="-", dialect=JSON, routes=routes, fidelity="derived")
    async def handler(exchange: Exchange) -> Answer:
        return Answer()

    return handler


ROUTER = Router([Service("x", "X", {"/x": JSON, "/x/y": JSON}, (
    declare("list", "GET /x/Patient"), declare("read", "GET /x/Patient/{id}"),
    declare("match", "POST /x/Patient/$match", "GET /x/Patient/$match"),
    declare("history", "GET /x/{type}/{id}/_history"), declare("root", "POST /x"),
    declare("send", "GET /x/send/{backend}/{rest:path}"),
))])


@pytest.mark.parametrize(("method", "path", "code", "params"), [
    ("GET", "/x/Patient", "list", {}),
    ("GET", "/x/Patient/", "list", {}),
    ("HEAD", "/x/Patient", "list", {}),
    ("GET", "/x/Patient/12", "read", {"id": "12"}),
    ("GET", "/x/Patient/a%2Fb", "read", {"id": "a/b"}),
    ("GET", "/x/Patient/%24match", "match", {}),
    ("POST", "/x/Patient/$match", "match", {}),
    ("GET", "/x/Patient/12/_history", "history", {"type": "Patient", "id": "12"}),
    ("POST", "/x/", "root", {}),
    ("GET", "/x/send/dmp/a", "send", {"backend": "dmp", "rest": "a"}),
    ("GET", "/x/send/dmp/a/b%20c/$d", "send", {"backend": "dmp", "rest": "a/b c/$d"}),
])
def test_a_path_finds_its_transaction(method: str, path: str, code: str, params: dict) -> None:
    match = ROUTER.match(method, path)
    assert match is not None
    assert (match.transaction.code, dict(match.params)) == (code, params)


@pytest.mark.parametrize(
    "path", ["/", "/y", "/x/Patient/1/2", "/x//_history", "/X/Patient", "/x/send/dmp"]
)
def test_an_unknown_path_finds_nothing(path: str) -> None:
    assert ROUTER.match("GET", path) is None
    assert ROUTER.allowed(path) == ([] if path != "/x/" else ["POST"])


def test_the_methods_of_a_known_path_are_told() -> None:
    assert ROUTER.match("DELETE", "/x/Patient/$match") is None
    assert ROUTER.allowed("/x/Patient/$match") == ["GET", "POST"]


def test_the_longest_prefix_owns_an_unknown_path() -> None:
    assert ROUTER.owner("/x/Observation") == ("x", JSON)
    assert ROUTER.owner("/z") is None


def test_two_transactions_at_one_address_are_refused() -> None:
    with pytest.raises(ValueError, match="two transactions"):
        Router([Service("x", "X", {}, (declare("a", "GET /x"), declare("b", "GET /x")))])
