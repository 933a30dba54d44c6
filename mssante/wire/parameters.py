"""Parameters of MAIL and RCPT that the library does not know: RFC 3461 (DSN), AUTH= (RFC 4954)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mssante import errors

_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})"
MAIL_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "RET": re.compile("FULL|HDRS", re.IGNORECASE),
    "ENVID": re.compile(f"{_XTEXT}{{1,100}}"),
    "AUTH": re.compile(f"<>|{_XTEXT}{{1,500}}"),
}
RCPT_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "NOTIFY": re.compile(
        "NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}", re.IGNORECASE
    ),
    "ORCPT": re.compile(f"[A-Za-z0-9-]{{1,40}};{_XTEXT}{{1,500}}"),
}


def take_parameters(
    arg: str, known: Mapping[str, re.Pattern[str]]
) -> tuple[str, dict[str, str]]:
    """The argument without the known parameters, and these by upper-case name.

    Raises SYNTAXE for a control character, a repeated parameter or a malformed value.
    """
    if any(ord(character) < 32 for character in arg):
        raise errors.SYNTAXE("Caractère de contrôle dans la commande.")
    path, bracket, tail = arg.rpartition("> ")
    if not bracket:
        path, _, tail = arg.partition(" ")
    kept, taken = [path + bracket.rstrip()], {}
    for word in tail.split():
        name, _, value = word.partition("=")
        name = name.upper()
        if name not in known:
            kept.append(word)
            continue
        if name in taken or not known[name].fullmatch(value):
            raise errors.SYNTAXE(f"Paramètre {name} mal formé.", at=name, found=value[:80])
        taken[name] = value
    return " ".join(kept), taken
