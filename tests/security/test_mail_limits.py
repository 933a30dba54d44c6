"""What a mail client may take: tries at a token, and the time of a message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from mssante.codes import MAX_AUTH_FAILURES
from mssante.wire.office import post_office
from tests.conftest import Server
from tests.mssante.conftest import (
    DOCTOR,
    DOCTOR_BOX,
    PHARMACIST_BOX,
    PHARMACY_BOX,
    Client,
    connect,
    port,
    secured,
    xoauth2,
)

__all__ = ["connect", "port", "secured"]

Connect = Callable[[], Client]


def refused(client: Client, token: str, user: str = DOCTOR_BOX) -> int:
    code, _ = client.docmd("AUTH", "XOAUTH2 " + xoauth2(user, token))
    return client.docmd("")[0] if code == 334 else code


def test_tokens_cannot_be_tried_for_ever(secured: Connect, token: Any, journal: Any) -> None:
    client, good = secured(), token(DOCTOR)
    for _ in range(MAX_AUTH_FAILURES - 1):
        assert refused(client, "x.y.z") == 535
    assert refused(client, good, PHARMACIST_BOX) == 550
    code, text = client.docmd("AUTH", "XOAUTH2 " + xoauth2(DOCTOR_BOX, good))
    assert (code, text[:6]) == (421, b"4.7.0 ")
    with pytest.raises(OSError, match=r"closed|reset"):
        client.noop()
    assert secured().opened(DOCTOR_BOX, good).noop()[0] == 250


def test_a_good_token_after_some_bad_ones(secured: Connect, token: Any) -> None:
    client = secured()
    for _ in range(MAX_AUTH_FAILURES - 1):
        assert refused(client, "x.y.z") == 535
    client.opened(DOCTOR_BOX, token(DOCTOR))


def test_a_message_that_comes_byte_by_byte(
    secured: Connect, token: Any, journal: Any, server: Server
) -> None:
    client = secured().opened(DOCTOR_BOX, token(DOCTOR))
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACY_BOX}>")
    peer = "{}:{}".format(*client.sock.getsockname())  # type: ignore[union-attr]
    [own] = [each for each in post_office(server.sandbox).sessions
             if each.conversation.peer == peer]
    own._timeout_duration = 1.5
    assert client.docmd("DATA")[0] == 354
    began = time.monotonic()
    for _ in range(10):
        client.sock.sendall(b"x")  # type: ignore[union-attr]
        time.sleep(0.03)
    code, text = client.getreply()
    assert time.monotonic() - began < 15
    assert (code, text[:6]) == (421, b"4.4.2 ")
    [entry, _] = journal(service="mssante")
    assert (entry["transaction"], entry["outcome"]) == ("smtp.DATA", "fail")
    assert entry["error"]["code"] == "inactivite"
