"""Paths and parameters of MAIL and RCPT, and no others."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssante.wire.commands import MAIL_PARAMETERS, RCPT_PARAMETERS, read_argument
from services.kernel.errors import Refusal


@pytest.mark.parametrize(("arg", "address"), [
    ("FROM:<a@b.fr>", "a@b.fr"), ("from: <a@b.fr>", "a@b.fr"), ("FROM:<>", ""),
    ('FROM:<"a> b"@c.fr>', '"a> b"@c.fr'), ("FROM:<@x.fr,@y.fr:a@b.fr>", "a@b.fr"),
    ("FROM:<a@[127.0.0.1]>", "a@[127.0.0.1]"), ("FROM:<a.b+c@d-e.fr> SIZE=1", "a.b+c@d-e.fr"),
])
def test_addresses(arg: str, address: str) -> None:
    assert read_argument("FROM", arg, MAIL_PARAMETERS)[0] == address


@pytest.mark.parametrize(("arg", "code"), [
    ("", "syntaxe"), ("FROM", "syntaxe"), ("FROM:", "syntaxe"), ("FROM:a@b.fr", "syntaxe"),
    ("FROM:<", "syntaxe"), ("FROM:<a@", "syntaxe"), ("FROM:<a@b.fr>x", "syntaxe"),
    ("FROM:<a@b\x0b>", "syntaxe"), ('FROM:<"a@b.fr>', "syntaxe"), ("TO:<a@b.fr>", "syntaxe"),
    ("FROM:<a@>", "adresse"), ("FROM:<@b>", "adresse"), ("FROM:<a>", "adresse"),
    ("FROM:<a..b@c.fr>", "adresse"), ("FROM:<a@b.>", "adresse"), ("FROM:<a b@c.fr>", "adresse"),
    ("FROM:<(c)a@b.fr>", "adresse"), ("FROM:<a@-b>", "adresse"), ("FROM:<" + "(" * 200 + ">",
                                                                    "adresse"),
    ("FROM:<" + "a" * 250 + "@b.fr>", "adresse"), ("FROM:<> SMTPUTF8", "parametre"),
    ("FROM:<> SIZE=" + "9" * 21, "syntaxe"), ("FROM:<> SIZE=", "syntaxe"),
    ("FROM:<> BODY=BINARYMIME", "syntaxe"), ("FROM:<> NOTIFY=NEVER", "parametre"),
])
def test_what_is_refused(arg: str, code: str) -> None:
    with pytest.raises(Refusal) as raised:
        read_argument("FROM", arg, MAIL_PARAMETERS)
    assert raised.value.error.code == code


def test_a_recipient_is_never_the_null_path() -> None:
    with pytest.raises(Refusal) as raised:
        read_argument("TO", "TO:<>", RCPT_PARAMETERS)
    assert raised.value.error.code == "adresse"


@given(st.text(
    st.sampled_from('FROMTO:<>@.,;"\\()[]= aA1-+é\x00\t'), max_size=60,
).map(lambda rest: "FROM:<" + rest))
def test_anything_is_read_or_refused(arg: str) -> None:
    try:
        address, _ = read_argument("FROM", arg, MAIL_PARAMETERS)
    except Refusal:
        return
    assert address == "" or "@" in address


@pytest.mark.parametrize("unit", ["a.", '"', '""', "\\", '\\"', "@a,", "[", "(", "a-", "+AB", "= "])
def test_no_argument_takes_long(unit: str) -> None:
    began = time.thread_time()
    with pytest.raises(Refusal):
        read_argument("FROM", "FROM:<" + unit * 1000, MAIL_PARAMETERS)
    with pytest.raises(Refusal):
        read_argument("FROM", f"FROM:<a@b.fr> ENVID={unit * 1000} x", MAIL_PARAMETERS)
    assert time.thread_time() - began < 0.5
