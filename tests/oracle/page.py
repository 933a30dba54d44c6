"""The page of the comparison, as it is in docs/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.oracle.differences import explained

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "pro-sante-connect-oracle.md"
HEAD = """# Pro Santé Connect beside another provider

<!-- Written by `python scripts/compare_providers.py` from a run: change what is played in
`tests/oracle`, not this page. -->

The same exchanges, played against Socle on PSC's own face and against npm `oidc-provider` 9.13.3,
which is certified by the OpenID Foundation and keeps to the specifications. Where they differ, the
reason is told; a difference without one fails `tests/oracle` (in `make test-all`). Paragraphs are
those of the project's dossier on PSC; "the engine" is Keycloak. Redirects are told by what they
carry: ours are 302, as the engine's, the peer's 303.
"""
Answers = Mapping[tuple[str, str], tuple[str, str]]


def written(answers: Answers) -> str:
    """The page."""
    why, lines = explained(), [HEAD]
    same = sum(ours == theirs for ours, theirs in answers.values())
    lines.append(f"{len(answers)} exchanges, {same} answered alike.")
    part = ""
    for (each, name), (ours, theirs) in answers.items():
        if each != part:
            part = each
            lines += ["", f"## {part}", "",
                      "| Exchange | Socle | oidc-provider | Why |", "| --- | --- | --- | --- |"]
        if ours == theirs:
            lines.append(f"| {name} | {ours} | the same | |")
        else:
            lines.append(f"| {name} | {ours} | {theirs} | {why.get((each, name), '')} |")
    return "\n".join(lines) + "\n"
