"""Reading of FHIRPath expressions into trees of tuples.

    ("literal", value) ("this",) ("index",) ("variable", name) ("step", holder | None, name)
    ("call", holder | None, name, arguments) ("item", holder, index) ("sign", value)
    ("binary", operator, left, right) ("type", "is" | "as", left, type name)
    ("empty",)

Bounded: at most LONGEST characters and DEEPEST levels.
"""

from __future__ import annotations

import re
from typing import Any

Tree = tuple[Any, ...]

LONGEST = 20_000
DEEPEST = 100

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<date>@T?[0-9][0-9T:.+\-Z]*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<quoted>`(?:[^`\\]|\\.)*`)
    |(?P<variable>%(?:[A-Za-z_][A-Za-z0-9_-]*|`[^`]*`|'[^']*'|"[^"]*"))
    |(?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign><=|>=|!=|!~|[-+*/&|=~<>().,\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_POWERS = {
    "implies": 1, "or": 2, "xor": 2, "and": 3, "in": 4, "contains": 4, "=": 5, "~": 5, "!=": 5,
    "!~": 5, "<": 6, ">": 6, "<=": 6, ">=": 6, "|": 7, "is": 8, "as": 8, "+": 9, "-": 9, "&": 9,
    "*": 10, "/": 10, "div": 10, "mod": 10,
}


class Undecidable(Exception):
    """An expression that cannot be read or computed here, and why (French)."""


def parse(text: str) -> Tree:
    """The tree of an expression. Raises Undecidable."""
    if len(text) > LONGEST:
        raise Undecidable(f"expression de plus de {LONGEST} caractères")
    reader = _Reader(_tokens(text))
    tree = reader.expression(0)
    if reader.kind:
        raise Undecidable(f"suite inattendue : {reader.text[:20]}")
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Undecidable(f"signe inattendu : {text[at:at + 20].strip()}")
        if match.lastgroup != "comment":
            found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Reader:
    """Precedence climbing over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def text(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        text = self.text
        self._at += 1
        return text

    def _expect(self, sign: str) -> None:
        if self.text != sign:
            raise Undecidable(f"« {sign} » attendu, trouvé « {self.text[:20]} »")
        self._at += 1

    def expression(self, power: int) -> Tree:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Undecidable(f"expression de plus de {DEEPEST} niveaux")
        left = self._operand()
        while self.kind in {"sign", "name"} and _POWERS.get(self.text, 0) > power:
            operator = self._take()
            if operator in {"is", "as"}:
                left = ("type", operator, left, self._type_name())
            else:
                left = ("binary", operator, left, self.expression(_POWERS[operator]))
        self._depth -= 1
        return left

    def _operand(self) -> Tree:
        if self.kind == "sign" and self.text in {"+", "-"}:
            sign = self._take()
            operand = self.expression(10)
            return ("sign", operand) if sign == "-" else operand
        tree = self._term()
        while self.kind == "sign" and self.text in {".", "["}:
            if self._take() == "[":
                tree = ("item", tree, self.expression(0))
                self._expect("]")
            else:
                tree = self._invocation(tree)
        return tree

    def _term(self) -> Tree:
        kind, text = self.kind, self.text
        if kind == "sign" and text == "(":
            self._at += 1
            tree = self.expression(0)
            self._expect(")")
            return tree
        if kind == "sign" and text == "{":
            self._at += 1
            self._expect("}")
            return ("empty",)
        if kind == "number":
            self._at += 1
            if self.kind == "string":
                raise Undecidable("quantités non prises en charge")
            return ("literal", float(text) if "." in text else int(text))
        if kind == "string":
            return ("literal", _unescaped(self._take()))
        if kind == "date":
            return ("date", self._take()[1:])
        if kind == "variable":
            return ("variable", self._take()[1:].strip("`'\""))
        if kind == "name" and text in {"true", "false"}:
            self._at += 1
            return ("literal", text == "true")
        return self._invocation(None)

    def _invocation(self, holder: Tree | None) -> Tree:
        kind, text = self.kind, self.text
        if kind == "quoted":
            return ("step", holder, _unescaped(self._take()))
        if kind != "name":
            raise Undecidable(f"nom attendu, trouvé « {text[:20]} »")
        self._at += 1
        if text == "$this":
            return ("this",)
        if text == "$index":
            return ("index",)
        if text.startswith("$"):
            raise Undecidable(f"{text} n'est pas pris en charge")
        if self.kind == "sign" and self.text == "(":
            self._at += 1
            return ("call", holder, text, self._arguments())
        return ("step", holder, text)

    def _arguments(self) -> tuple[Tree, ...]:
        found: list[Tree] = []
        if not (self.kind == "sign" and self.text == ")"):
            found.append(self.expression(0))
            while self.kind == "sign" and self.text == ",":
                self._at += 1
                found.append(self.expression(0))
        self._expect(")")
        return tuple(found)

    def _type_name(self) -> str:
        if self.kind not in {"name", "quoted"}:
            raise Undecidable(f"type attendu, trouvé « {self.text[:20]} »")
        name = self._take().strip("`")
        if self.kind == "sign" and self.text == "." and name in {"System", "FHIR"}:
            self._at += 1
            name = f"{name}.{self._take().strip('`')}"
        return name


def _unescaped(text: str) -> str:
    def meant(match: re.Match[str]) -> str:
        sign = match[1]
        return chr(int(sign[1:], 16)) if len(sign) > 1 else _ESCAPES.get(sign, sign)

    return _ESCAPE.sub(meant, text[1:-1])
