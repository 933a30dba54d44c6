"""Arguments of MAIL and RCPT: a path (RFC 5321 §4.1.2) and parameters (RFC 1870, 3461, 6152, 4954).

aiosmtpd reads paths with the parser of mail headers, which takes comments, folded lines and
nesting: none of them is SMTP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mssante import errors

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[!-Z^-~]+\])"
_ARGUMENT = re.compile(rf"(FROM|TO): ?<((?:{_QUOTED}|[^<>\"])*)>(?: +(.*))?", re.IGNORECASE)
_ADDRESS = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@{_DOMAIN}")
# A source route is read and forgotten (RFC 5321 §4.1.1.3).
_ROUTE = re.compile(rf"@{_DOMAIN}(?:,@{_DOMAIN})*:")
LONGEST_PATH = 254
"""RFC 5321 §4.5.3.1.3, its angle brackets apart."""

_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})"
MAIL_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    "SIZE": re.compile("[0-9]{1,20}"),
    "BODY": re.compile("7BIT|8BITMIME", re.IGNORECASE),
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


def read_argument(
    keyword: str, arg: str, known: Mapping[str, re.Pattern[str]]
) -> tuple[str, dict[str, str]]:
    """The address ("" for the null path) and the parameters by upper-case name.

    keyword: FROM or TO. Raises SYNTAXE, ADRESSE_MALFORMEE or PARAMETRE_INCONNU.
    """
    found = _ARGUMENT.fullmatch(arg) if arg.isprintable() else None
    if found is None or found[1].upper() != keyword:
        raise errors.SYNTAXE(at=keyword, expected=f"{keyword}:<adresse> [paramètres]")
    return _address(found[2], keyword), _parameters(found[3] or "", known)


def _address(path: str, keyword: str) -> str:
    if not path and keyword == "FROM":
        return ""
    if len(path) <= LONGEST_PATH:
        address = _ROUTE.sub("", path, count=1) if path.startswith("@") else path
        if _ADDRESS.fullmatch(address):
            return address
    raise errors.ADRESSE_MALFORMEE(at=keyword, found=path[:80])


def _parameters(text: str, known: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    taken: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        name = name.upper()
        if name not in known:
            raise errors.PARAMETRE_INCONNU(at=name[:40])
        if name in taken or not known[name].fullmatch(value):
            raise errors.SYNTAXE(f"Paramètre {name} mal formé.", at=name, found=value[:80])
        taken[name] = value
    return taken
