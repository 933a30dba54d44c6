"""Each rule over exchanges, on what it accepts and on what it reports."""

from __future__ import annotations

import pytest

from pro_sante_connect.confiance import rules
from pro_sante_connect.confiance.rules import Exchange, Renewal
from services.kernel.rules import Rule

GOOD = Exchange("lps", "lps", "openid dmp")


@pytest.mark.parametrize(("rule", "seen", "found"), [
    (rules.scope_is_asked, Exchange("lps", "lps", ""), "(absent)"),
    (rules.token_is_exchanged_once, Exchange("lps", "lps", "dmp", reused=True), "déjà échangé"),
    (rules.token_is_the_clients, Exchange("lps", "autre", "dmp"), "azp autre"),
    (rules.actor_is_complete, Exchange("lps", "lps", "dmp", actor_lacks=("lps_id",)), "(absent)"),
], ids=lambda value: value.id if isinstance(value, Rule) else "")
def test_a_breach_of_an_exchange_is_reported(rule: Rule, seen: Exchange, found: str) -> None:
    assert not list(rule.findings(GOOD))
    (finding,) = rule.findings(seen)
    assert finding.found == found


@pytest.mark.parametrize(("rule", "seen", "found"), [
    (rules.renewal_is_needed, Renewal(719, 14400), "719 s"),
    (rules.renewal_is_asked_once, Renewal(900, 14400, replayed=True), "jeton déjà échangé"),
], ids=lambda value: value.id if isinstance(value, Rule) else "")
def test_a_breach_of_a_renewal_is_reported(rule: Rule, seen: Renewal, found: str) -> None:
    assert not list(rule.findings(Renewal(720, 14400)))
    (finding,) = rule.findings(seen)
    assert finding.found == found
