"""The CHU Fictif and the accounts of its agents. Look-up only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ALIAS = "CHU_FICTIF"
"""What `kc_idp_hint` says to go straight there."""
NAME = "CHU Fictif"
ROOT = "/psc/chu-fictif"
CLIENT = ("pro-sante-connect", "secret-fictif")
"""Pro Santé Connect as a client of that provider."""
TENANT_ID = "4f1d8c52-6a0b-4e52-9d8b-7b6f0a3c9e11"

SUBSTANTIAL = ("swk", "mfa", "pwd", "okta_verify")
CARD = ("sc", "pin", "mfa", "hwk")
# DEFAULT(accepted amr): the two sets seen in a public connector; the list of ANS is not public.
ACCEPTED = frozenset({frozenset(SUBSTANTIAL), frozenset(CARD)})


@dataclass(frozen=True, slots=True)
class Account:
    """An agent. oid: immutable id, "" for the account that lacks it; amr: how they log in."""

    id: str
    name: str
    oid: str
    amr: tuple[str, ...]


ACCOUNTS: Mapping[str, Account] = {
    each.id: each for each in (
        Account("agent-telephone", "Agent au téléphone", "0b6f3a0e-52c1-4b7a-8d6e-000000000001",
                SUBSTANTIAL),
        Account("agent-carte", "Agent à la carte", "0b6f3a0e-52c1-4b7a-8d6e-000000000002", CARD),
        Account("agent-mot-de-passe", "Agent au mot de passe seul",
                "0b6f3a0e-52c1-4b7a-8d6e-000000000003", ("pwd",)),
        Account("agent-sans-oid", "Agent sans identifiant immuable", "", SUBSTANTIAL),
    )
}
