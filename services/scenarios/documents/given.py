"""The document that the user gives: a file with a CDA, read in bounded memory."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from services.cda import MAX_BYTES, read_header
from services.scenarios.stage import Document


class NotAFile(Exception):
    """Nothing can be read at this path; the message says why, in French."""


def read_document(path: Path) -> Document:
    """The document. Raises NotAFile, or CdaUnreadable (reason, place)."""
    content = _content(path)
    return Document(str(path), content, sha256(content).hexdigest(), read_header(content))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise NotAFile("ce fichier n'existe pas") from error
    except IsADirectoryError as error:
        raise NotAFile("c'est un dossier, pas un fichier") from error
    except PermissionError as error:
        raise NotAFile("vous n'avez pas le droit de le lire") from error
    except (OSError, ValueError) as error:
        raise NotAFile(str(error)) from error
