"""`socle identities`: who makes which service do what, as text, from `/sandbox/identities`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SERVICES = {
    "psc": "Pro Santé Connect",
    "ins": "INSi",
    "dmp": "DMP",
    "mssante": "MSSanté",
    "e_prescription": "Ordonnance numérique",
    "apcv": "Carte Vitale, appli carte Vitale",
}

TRAITS = ("nom_naissance", "prenom", "sexe", "date_naissance", "lieu_naissance")
Identity = Mapping[str, Any]


def render(identities: Mapping[str, Any]) -> str:
    """One block per service, "identity → behaviour" per line, and the clients at the end."""
    lines = ["Identités fictives du bac à sable : identité → comportement"]
    for service, label in SERVICES.items():
        block = [*_block(identities, service)]
        if block:
            lines += ["", f"{label} ({service})", *block]
    lines += ["", "Clients Pro Santé Connect : identifiant / secret"]
    lines += [f"  {one['client_id']} / {one['client_secret']}" for one in identities["clients"]]
    return "\n".join(lines)


def render_one(
    identities: Mapping[str, Any], service: str, requests: Sequence[Mapping[str, Any]],
    faults: Sequence[Mapping[str, str]] = (),
) -> str:
    """One service: identities and their behaviour, then the requests with what each obtains, and
    the faults with what obtains each."""
    lines = [f"{SERVICES[service]} ({service})", *_block(identities, service)]
    if requests:
        lines += ["", "Pour obtenir cette réponse, cette identité (production | cnda)"]
    for one in requests:
        note = f" ({one['note']})" if one["note"] else ""
        traits = ", ".join(filter(None, (one[name] for name in TRAITS)))
        lines.append(f"  {one['production']} | {one['cnda']:8}  {traits}{note}")
    if faults:
        lines += ["", "Pour obtenir cette faute"]
    lines += [f"  {each['code']:9}  {each['obtenir']}" for each in faults]
    return "\n".join(lines)


def _block(identities: Mapping[str, Any], service: str) -> Iterator[str]:
    """Lines of one service, columns aligned."""
    rows = [
        (*_naming(one), one["behaviours"][service])
        for kind in ("professionals", "structures", "patients")
        for one in identities[kind] if service in one["behaviours"]
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else [0, 0]
    for number, name, behaviour in rows:
        yield f"  {number:{widths[0]}}  {name:{widths[1]}} → {behaviour}"


def _naming(one: Identity) -> tuple[str, str]:
    if "matricule" in one:
        names = " ".join(one["prenoms"])
        return one["matricule"] + one["cle"], f"{one['nom_naissance']} {names}"
    return one["id_nat"], " ".join(filter(None, (one["nom"], one.get("prenom", ""))))
