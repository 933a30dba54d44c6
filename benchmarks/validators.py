"""Verdicts of ours and of another validator on the same: `python -m benchmarks.validators`.

The other is PyPI's pyrofile-validator, installed into a virtual environment of its own for the
time of the run. Both get the official packages, the official examples, and mutants of them that
each break one constraint. `--write` renews docs/reference/validators.md.
"""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.validation import PACKAGES, examples
from services.fhir.validation import Library, Validator, shipped
from services.terminologies import code_lists
from tests.fhir.validation.mutants import Mutant, mutants
from tests.fhir.validation.test_mutants import known_lists, snapshots

PEER = "pyrofile-validator==0.3.0"
PAGE = Path(__file__).parent.parent / "docs" / "reference" / "validators.md"
DEFECTS = Path(__file__).parent.parent / "tests" / "fhir" / "validation" / "defects.json"
GUIDES = ("hl7.fhir.fr.core-2.2.0", "ans.fhir.fr.annuaire", "ans.fhir.fr.pdsm-", "ans.fhir.fr.epr")
MUTANTS = 300
Json = dict[str, Any]
Verdict = tuple[int, float]
"""(errors, seconds of CPU)"""


def main(arguments: list[str]) -> None:
    validator = Validator(Library(shipped()), code_lists())
    corpus = [each for each in examples() if each[0].startswith(GUIDES) and _claims(each[2])]
    changed = [*_sampled(validator, [each[2] for each in corpus])]
    resources = [each[2] for each in corpus] + [each.resource for _, each in changed]
    ours = _ours(validator, resources)
    theirs, loading = _theirs(resources)
    page = _page(corpus, changed, ours, theirs, loading)
    print(page)
    if "--write" in arguments:
        PAGE.write_text(page)


def _claims(resource: Json) -> bool:
    if resource["resourceType"] == "Bundle":
        return "entry" in resource
    return bool(resource.get("meta", {}).get("profile"))


def _sampled(validator: Validator, corpus: list[Json]) -> Iterator[tuple[int, Mutant]]:
    """(rank of the example, mutant), evenly over all those that can be made."""
    published, seen, lists = snapshots(), set[tuple[str, str]](), known_lists(validator)
    made = []
    for rank, example in enumerate(corpus):
        if example["resourceType"] == "Bundle":
            continue
        for canonical in example["meta"]["profile"]:
            source = published.get(canonical)
            if source is not None and source["type"] == example["resourceType"]:
                made += [(rank, each) for each in mutants(source, example, seen, lists)]
    step = max(1, len(made) // MUTANTS)
    yield from made[::step]


def _ours(validator: Validator, resources: list[Json]) -> list[Verdict]:
    def verdict(resource: Json) -> int:
        faults = validator.validate(resource).faults
        return sum(each.severity == "error" for each in faults)

    for each in resources:
        verdict(each)
    return [_timed(verdict, each) for each in resources]


def _timed(verdict: Callable[[Json], int], resource: Json) -> Verdict:
    started = time.process_time()
    count = verdict(resource)
    return count, time.process_time() - started


def _theirs(resources: list[Json]) -> tuple[list[Verdict], float]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        python = home / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PEER], check=True)
        core = home / "hl7.fhir.r4.core-4.0.1.tgz"
        core.write_bytes(_core_package())
        (home / "input.json").write_bytes(orjson.dumps({
            "packages": [str(core), *map(str, sorted(PACKAGES.glob("*.tgz")))],
            "resources": resources,
        }))
        (home / "peer.py").write_text(SCRIPT)
        done = subprocess.run(
            [python, "peer.py"], cwd=home, check=True, stdout=subprocess.PIPE,
        )
        answer = orjson.loads(done.stdout.splitlines()[-1])
        return [(count, seconds) for count, seconds in answer["verdicts"]], answer["loading"]


SCRIPT = """
import json, time
from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

given = json.load(open("input.json"))
started = time.process_time()
config = ValidatorConfig(local_package_paths=given["packages"])
config.terminology_mode = "local"
validator = Validator(config)
try:
    validator.validate_resource(given["resources"][0])
except Exception:
    pass
loading = time.process_time() - started
verdicts = []
for each in given["resources"]:
    started = time.process_time()
    try:
        count = len(validator.validate_resource(each).errors)
    except Exception:
        count = -1
    verdicts.append((count, time.process_time() - started))
print(json.dumps({"loading": loading, "verdicts": verdicts}))
"""


def _core_package() -> bytes:
    """The R4 definitions as a package, for a peer that ships none."""
    packed = PACKAGES / "hl7.fhir.r4.core-4.0.1-structuredefinitions-reduced.json.gz"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        def put(name: str, content: Json) -> None:
            data = orjson.dumps(content)
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))

        put("package.json", {"name": "hl7.fhir.r4.core", "version": "4.0.1",
                             "fhirVersions": ["4.0.1"]})
        for entry in orjson.loads(gzip.decompress(packed.read_bytes()))["entry"]:
            each = entry["resource"]
            put(f"StructureDefinition-{each['id']}.json", each)
    return made.getvalue()


def _page(
    corpus: list[tuple[str, str, Json]], changed: list[tuple[int, Mutant]],
    ours: list[Verdict], theirs: list[Verdict], loading: float,
) -> str:
    known = orjson.loads(DEFECTS.read_bytes())["files"]
    sound = [
        rank for rank, (package, file, _) in enumerate(corpus) if file not in known.get(package, {})
    ]
    rows = [("", "Socle", "pyrofile-validator 0.3.0")]
    rows.append((f"examples without a known defect that are flagged, of {len(sound)}", *(
        str(sum(one[rank][0] != 0 for rank in sound)) for one in (ours, theirs)
    )))
    defective = [rank for rank in range(len(corpus)) if rank not in sound]
    rows.append((f"examples with a known defect that are flagged, of {len(defective)}", *(
        str(sum(one[rank][0] > 0 for rank in defective)) for one in (ours, theirs)
    )))
    rows.append((f"mutants told (a new error), of {len(changed)}", *(
        str(sum(
            one[len(corpus) + number][0] > one[rank][0] for number, (rank, _) in enumerate(changed)
        )) for one in (ours, theirs)
    )))
    means = [sum(seconds for _, seconds in one) / len(one) * 1000 for one in (ours, theirs)]
    rows.append(("CPU per resource, warm", *(f"{each:.1f} ms" for each in means)))
    rows.append(("time, relative", "1", f"{means[1] / means[0]:.0f}"))
    rows.append(("CPU to load, first resource included", "see Benchmarks", f"{loading:.1f} s"))
    table = "\n".join(
        f"| {' | '.join(row)} |" + ("\n|---|---|---|" if number == 0 else "")
        for number, row in enumerate(rows)
    )
    listed = "\n".join(
        f"| {package} | {file.removesuffix('.json')} | {', '.join(rules)} |"
        for package, files in known.items() for file, rules in files.items()
    )
    reasons = "\n".join(
        f"| `{rule}` | {each['reason']} | {each['paragraph']} |"
        for rule, each in orjson.loads(DEFECTS.read_bytes())["reasons"].items()
    )
    return PAGE_TEXT.format(table=table, listed=listed, reasons=reasons)


PAGE_TEXT = """# Verdicts beside another validator

`python -m benchmarks.validators --write` renews this page: both validators get the same official
packages and the same resources in one run, the examples of FR Core 2.2.0, Annuaire, PDSm and
ePrescription, and mutants of them that each break one constraint of a snapshot. The other tool is
used as it is installed from PyPI, with its local terminology; it may count as flagged what we tell
as a warning. An exception of a tool counts as flagged.

{table}

## Defects of official examples

Examples are not authoritative, and some break their own guide. Ours are told against the following
only; the tests hold this list to be exact.

| Package | Example | Rules broken |
|---|---|---|
{listed}

| Rule | What is wrong | Where it is written |
|---|---|---|
{reasons}
"""

if __name__ == "__main__":
    main(sys.argv[1:])
