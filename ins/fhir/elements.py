"""Reading and building the FHIR elements that FR Core adds to Patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def extensions(element: Json, url: str, at: str) -> Iterator[tuple[Json, str]]:
    """(extension, FHIRPath) of each extension of that URL."""
    for rank, one in enumerate(element.get("extension", ())):
        if one.get("url") == url:
            yield one, f"{at}.extension[{rank}]"


def extension(url: str, **value: Any) -> Json:
    """One extension: `extension(URL, valueString="…")`."""
    return {"url": url, **value}


def coding(system: str, code: str, display: str = "") -> Json:
    made = {"system": system, "code": code}
    return made | {"display": display} if display else made
