"""FHIR packages: reading a published `.tgz`, however hostile, into its reduced form.

A reduced package is lines of JSON: a header, `{"name", "version", "dependencies", "licence",
"index": [[kind, canonical, version, type, sort], …]}`, then one line for each entry of the index.
A line is parsed when its definition is first used.
"""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from services.fhir.validation.reduction import Json, Unreadable, reduced

MEBIBYTE = 1024 * 1024
MOST_PACKED = 64 * MEBIBYTE
MOST_UNPACKED = 256 * MEBIBYTE
MOST_ONE = 32 * MEBIBYTE
MOST_MEMBERS = 20_000
MOST_DEPTH = 60
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_KINDS = {"StructureDefinition", "ValueSet", "CodeSystem"}


class PackageRefused(Exception):
    """A package that cannot be added, and why (French, shown to the user)."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package as reduced. dependencies: name → version; warnings: entries left out, and why."""

    name: str
    version: str
    dependencies: Mapping[str, str]
    licence: str
    content: bytes
    entries: int
    warnings: tuple[str, ...] = ()


def read_package(data: bytes, base: Mapping[str, Json]) -> Package:
    """A published package, reduced. Nothing is written. Raises PackageRefused."""
    manifest: Json = {}
    found: list[Json] = []
    warnings: list[str] = []
    for name, content in _members(data):
        folder, _, file = name.rpartition("/")
        if file == "package.json" and folder == "package":
            manifest = _manifest(content)
        elif folder == "package" and file.endswith(".json") and file != ".index.json":
            try:
                if (entry := _entry(content, base)) is not None:
                    found.append(entry)
            except (Unreadable, TypeError) as error:
                warnings.append(f"{file} : {error}")
    if not manifest:
        raise PackageRefused("Ce n'est pas un paquet FHIR : package/package.json est absent.")
    name, version = manifest["name"], manifest["version"]
    dependencies = {
        str(key): str(value) for key, value in dict(manifest.get("dependencies") or {}).items()
    }
    licence = str(manifest.get("license", ""))
    content = packed(name, version, dependencies, licence, found)
    return Package(name, version, dependencies, licence, content, len(found), tuple(warnings))


def packed(
    name: str, version: str, dependencies: Mapping[str, str], licence: str, entries: Iterable[Json]
) -> bytes:
    """The lines of a reduced package."""
    ordered = sorted(entries, key=lambda each: (each["kind"], each["url"], each["version"]))
    index = [
        [each["kind"], each["url"], each["version"], each.get("type", ""), each.get("sort", "")]
        for each in ordered
    ]
    header = {
        "name": name, "version": version, "dependencies": dict(dependencies), "licence": licence,
        "index": index,
    }
    return b"\n".join(orjson.dumps(each) for each in [header, *ordered])


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the files; bounded, whatever the archive claims."""
    if len(data) > MOST_PACKED:
        raise PackageRefused(f"Archive de plus de {MOST_PACKED // MEBIBYTE} Mio.")
    opened = io.BytesIO(_unpacked(data))
    try:
        with tarfile.open(fileobj=opened, mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= MOST_MEMBERS:
                    raise PackageRefused(f"Archive de plus de {MOST_MEMBERS} fichiers.")
                if member.isdir():
                    continue
                path = member.name.removeprefix("./")
                if path.startswith("/") or ".." in path.split("/") or "\\" in path:
                    raise PackageRefused(f"Chemin interdit dans l'archive : {path[:80]}")
                if not member.isfile():
                    raise PackageRefused(f"Lien ou fichier spécial dans l'archive : {path[:80]}")
                if member.size > MOST_ONE:
                    raise PackageRefused(f"{path[:80]} : plus de {MOST_ONE // MEBIBYTE} Mio.")
                content = archive.extractfile(member)
                if content is not None:
                    yield path, content.read()
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise PackageRefused(f"Archive illisible : {error}") from error


def _unpacked(data: bytes) -> bytes:
    """gzip, read at most to the bound: a bomb is refused before it grows."""
    reader = zlib.decompressobj(wbits=31)
    try:
        content = reader.decompress(data, MOST_UNPACKED)
    except zlib.error as error:
        raise PackageRefused("Ce n'est pas une archive .tgz.") from error
    if reader.unconsumed_tail:
        raise PackageRefused(f"Archive de plus de {MOST_UNPACKED // MEBIBYTE} Mio, décompressée.")
    if not reader.eof:
        raise PackageRefused("Archive tronquée.")
    return content


def _manifest(content: bytes) -> Json:
    manifest = _object(content)
    name, version = manifest.get("name"), manifest.get("version")
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise PackageRefused("package.json : « name » absent ou invalide.")
    if not (isinstance(version, str) and _NAME.fullmatch(version)):
        raise PackageRefused("package.json : « version » absente ou invalide.")
    versions = manifest.get("fhirVersions") or manifest.get("fhir-version-list") or ["4.0.1"]
    if not any(str(each).startswith("4.0") for each in versions):
        raise PackageRefused(f"Ce paquet n'est pas pour FHIR R4 : {versions}.")
    if not isinstance(manifest.get("dependencies") or {}, dict):
        raise PackageRefused("package.json : « dependencies » n'est pas un objet.")
    return manifest


def _entry(content: bytes, base: Mapping[str, Json]) -> Json | None:
    resource = _object(content)
    if resource.get("resourceType") not in _KINDS:
        return None
    _require_shallow(resource)
    return reduced(resource, base)


def _object(content: bytes) -> Json:
    try:
        value: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"JSON illisible : {error.msg}") from error
    if not isinstance(value, dict):
        raise Unreadable("pas un objet JSON")
    return value


def _require_shallow(value: Json) -> None:
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner for holder in level
            for inner in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise Unreadable(f"plus de {MOST_DEPTH} niveaux")
