"""HL7 v2 messages as text with delimiters (ER7): reading with python-hl7, writing by segments.

The one module that knows the library, which is imported with the first message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ins.rniv import errors
from services.population.traits import has_control

if TYPE_CHECKING:
    import hl7

CHARSETS = {"UNICODE UTF-8": "utf-8", "8859/1": "latin-1", "8859/15": "iso8859-15",
            "ASCII": "ascii"}
"""MSH-18 (table 0211) → codec."""
_DECLARED = {codec: name for name, codec in CHARSETS.items()}
SEPARATORS = 4000
"""Delimiters of one message: the library makes an object of each value."""
ACCEPTED = b"^~\\&"
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\",
            "\r": "\\X0D\\", "\n": "\\X0A\\"}
_MEANT = {"E": "\\", "F": "|", "S": "^", "T": "&", "R": "~"}
_ESCAPED = re.compile(
    r"\\([EFSTRHN]|X(?:[0-9A-Fa-f]{2})+|[CMZ][0-9A-Za-z]*|\.[a-z]{2}[+-]?[0-9]*)\\"
)


@dataclass(frozen=True, slots=True)
class Entete:
    """MSH, as far as it can be read. charset: of the message, codec name; declared: MSH-18."""

    application: str = ""
    etablissement: str = ""
    destinataire: str = ""
    site: str = ""
    securite: str = ""
    type: str = ""
    evenement: str = ""
    identifiant: str = ""
    traitement: str = ""
    version: str = ""
    declared: str = ""
    charset: str = "utf-8"

    @property
    def jeu(self) -> str:
        """MSH-18 of what answers: the character set that it is written in."""
        return _DECLARED[self.charset]

    @property
    def code(self) -> str:
        """`ADT^A28`."""
        return f"{self.type}^{self.evenement}"


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message; a value that is not there is ""."""

    entete: Entete
    parsed: hl7.Message

    def has(self, segment: str) -> bool:
        return self.count(segment) > 0

    def get(
        self, segment: str, field: int, component: int = 1, sub: int = 1, repetition: int = 1
    ) -> str:
        """One value, unescaped, trimmed; `""` in the message (HL7 null) is an empty value.

        Raises TYPE_DE_DONNEE for a control character: a text shows everything that it holds.
        """
        raw = self._raw(segment, field, repetition, component, sub)
        text = lisible(raw, self.entete.charset).strip()
        if has_control(text):
            raise errors.TYPE_DE_DONNEE("Caractère de contrôle dans une valeur.",
                                        at=f"{segment}^1^{field}", found=repr(text)[:100])
        return "" if text == '""' else text

    def _raw(self, segment: str, field: int, *places: int) -> str:
        """As written. The library's own look-up replaces escape sequences, and logs bad ones."""
        try:
            found = self.parsed.segment(segment)(field)
            for place in places:
                if not isinstance(found, str):
                    found = found(place)
                elif place != 1:  # what has no separator is its own first part
                    return ""
        except LookupError:
            return ""
        return str(found)

    def count(self, segment: str) -> int:
        """How many segments of that name there are."""
        return sum(str(each[0]) == segment for each in self.parsed)

    def repetitions(self, segment: str, field: int) -> range:
        """1, 2… for each repetition of a field."""
        try:
            return range(1, len(self.parsed.segment(segment)(field)) + 1)
        except LookupError:
            return range(0)


def entete_of(content: bytes) -> Entete:
    """What MSH says, read by hand so that any message can be answered; empty when there is none."""
    if not content.startswith(b"MSH") or len(content) < 8:
        return Entete()
    line = content[:4096].replace(b"\n", b"\r").split(b"\r", 1)[0]
    parts = line.split(line[3:4])
    declared = parts[17].decode("latin-1").split("~")[0] if len(parts) > 17 else ""
    charset = _codec(declared, content)
    fields = [each.decode(charset, "replace") for each in parts]
    fields += [""] * (20 - len(fields))
    joint = fields[1][:1] or "^"
    kind = [*fields[8].split(joint), ""]
    names = [fields[rank].split(joint)[0][:180] for rank in (2, 3, 4, 5)]
    return Entete(
        names[0], names[1], names[2], names[3], fields[7][:200], kind[0][:10], kind[1][:10],
        fields[9][:200], fields[10].split(joint)[0][:10], fields[11].split(joint)[0][:20],
        declared[:40], charset,
    )


def lire(content: bytes) -> Message:
    """Raises SEGMENT, TYPE_DE_DONNEE or HORS_TABLE."""
    if not content.startswith(b"MSH") or content[4:8] != ACCEPTED:
        raise errors.SEGMENT("Le message ne commence pas par MSH et les délimiteurs ^~\\&.",
                             at="MSH^1", expected="MSH|^~\\&", found=repr(content[:8])[2:-1])
    entete = entete_of(content)
    if entete.declared and entete.declared not in CHARSETS:
        raise errors.HORS_TABLE(at="MSH^1^18", expected=", ".join(CHARSETS),
                                found=entete.declared)
    marks = sum(content.count(each) for each in (content[3:4], b"^", b"~", b"&", b"\r", b"\n"))
    if marks > SEPARATORS:
        raise errors.TYPE_DE_DONNEE("Trop de délimiteurs.", at="MSH^1",
                                    expected=f"au plus {SEPARATORS} délimiteurs",
                                    found=str(marks))
    if b"\0" in content:
        raise errors.TYPE_DE_DONNEE(
            f"Le message a un caractère nul, en octet {content.index(bytes(1)) + 1}.", at="MSH^1",
            expected="du texte dans un jeu de caractères de MSH-18",
        )
    try:
        text = content.decode(entete.charset)
    except UnicodeDecodeError as error:
        raise errors.TYPE_DE_DONNEE(
            "Le message n'est pas dans le jeu de caractères qu'il déclare.", at="MSH^1^18",
            expected=entete.declared or "UNICODE UTF-8", found=f"octet {error.start}",
        ) from error
    import hl7

    lines = [each for each in text.replace("\n", "\r").split("\r") if each.strip()]
    try:
        return Message(entete, hl7.parse("\r".join(lines) + "\r"))
    except (hl7.HL7Exception, LookupError, ValueError) as error:
        raise errors.TYPE_DE_DONNEE(f"Message illisible : {error}"[:200], at="MSH^1") from error


def ecrire(segments: Iterable[Sequence[str]]) -> str:
    """Segments of fields already written (`champ`), without empty tails."""
    lines = []
    for fields in segments:
        kept = list(fields)
        while len(kept) > 1 and not kept[-1]:
            kept.pop()
        lines.append("|".join(kept))
    return "\r".join(lines) + "\r"


def lisible(text: str, charset: str) -> str:
    """A value with its escape sequences (HL7 v2.5 §2.7) replaced; what only shapes a text is left
    out, and what is no sequence stays as it is. charset: of the message, which hexadecimal
    sequences are in too."""

    def meant(found: re.Match[str]) -> str:
        code: str = found[1]
        if code in _MEANT:
            return _MEANT[code]
        if code.startswith("X"):
            return bytes.fromhex(code[1:]).decode(charset, "replace")
        return " " if code.startswith(".") else ""

    return _ESCAPED.sub(meant, text) if "\\" in text else text


def en_octets(text: str, charset: str) -> bytes:
    """A message in a character set; what ASCII has no letter for loses its accent."""
    if charset == "ascii":
        text = unicodedata.normalize("NFKD", text)
        return text.encode(charset, "ignore")
    return text.encode(charset, "replace")


def champ(*components: str) -> str:
    """A field, or a repetition, of these components, escaped; without empty tails."""
    return "^".join(map(echapper, components)).rstrip("^")


def sous(*parts: str) -> str:
    """Subcomponents: what `champ` must not escape again is joined by U+001F."""
    return "\x1f".join(parts).rstrip("\x1f")


def repetitions(*values: str) -> str:
    """Those that say something."""
    return "~".join(filter(None, values))


def echapper(text: str) -> str:
    """A value with HL7's escape sequences."""
    return "".join(_ESCAPES.get(each, each) for each in text).replace("\x1f", "&")


def _codec(declared: str, content: bytes) -> str:
    """DEFAULT(PAM): a message that declares nothing is UTF-8 if it can be, else 8859/1."""
    if declared:
        return CHARSETS.get(declared, "utf-8")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
