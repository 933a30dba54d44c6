"""Each rule, on what it accepts and on what it reports."""

from __future__ import annotations

import pytest

from pro_sante_connect.codes import CONNECT, WALLET
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.rules import authorization, back_channel
from pro_sante_connect.rules.authorization import Observed
from pro_sante_connect.rules.back_channel import BackChannelCall
from services.kernel.rules import Rule

GOOD = {
    "acr_values": "eidas1", "state": "s", "nonce": "n" * 22, "code_challenge": "c" * 43,
    "code_challenge_method": "S256", "scope": "openid scope_all",
    "redirect_uri": "https://logiciel.example/retour",
}


def asked(path: str = WALLET, **changes: str) -> Observed:
    return Observed(Parameters.of((GOOD | changes).items()), path)


@pytest.mark.parametrize(("rule", "seen", "found"), [
    (authorization.level_is_eidas1, asked(acr_values="eidas2"), "eidas2"),
    (authorization.level_is_eidas1, asked(acr_values=""), "(absent)"),
    (authorization.state_is_sent, asked(state=""), "(absent)"),
    (authorization.nonce_is_sent, asked(nonce=""), "(absent)"),
    (authorization.nonce_is_long, asked(nonce="n" * 21), "21"),
    (authorization.challenge_is_sent, asked(code_challenge=""), "(absent)"),
    (authorization.challenge_is_hashed, asked(code_challenge_method="plain"), "plain"),
    (authorization.challenge_is_hashed, asked(code_challenge_method=""), "(absent : plain)"),
    (authorization.scope_is_documented, asked(scope="scope_all"), "scope_all"),
    (authorization.scope_is_documented, asked(scope=""), "(absent)"),
    (authorization.level_has_its_name, asked(acr="eidas1"), "acr=eidas1"),
    (authorization.redirect_is_protected, asked(redirect_uri="http://192.0.2.1/"),
     "http://192.0.2.1/"),
    (authorization.wallet_is_used, asked(f"{CONNECT}/auth"), f"{CONNECT}/auth"),
    (back_channel.call_is_not_from_a_browser, BackChannelCall(origin="https://a"), "https://a"),
    (back_channel.call_is_not_from_a_browser, BackChannelCall(fetch_site="same-origin"),
     "same-origin"),
    (back_channel.call_is_not_from_a_browser,
     BackChannelCall(fetch_mode="cors", user_agent="Mozilla/5.0"), "cors"),
    (back_channel.secrets_are_in_the_body, BackChannelCall(query_names=("a", "code")),
     "dans l'adresse"),
])
def test_a_breach_is_reported_where_it_is(rule: Rule, seen: object, found: str) -> None:
    (finding,) = rule.findings(seen)
    assert finding.found == found
    assert finding.at
    assert finding.expected


@pytest.mark.parametrize("rule", [each for each in vars(authorization).values()
                                  if isinstance(each, Rule)], ids=lambda rule: rule.id)
def test_a_careful_client_breaks_nothing(rule: Rule) -> None:
    assert not list(rule.findings(asked()))
    assert not list(rule.findings(asked(redirect_uri="http://localhost:9000/retour")))


@pytest.mark.parametrize("call", [
    BackChannelCall(), BackChannelCall(fetch_mode="cors", user_agent="node"),
    BackChannelCall(query_names=("trace",)),
])
def test_a_server_breaks_nothing(call: BackChannelCall) -> None:
    assert not list(back_channel.call_is_not_from_a_browser.findings(call))
    assert not list(back_channel.secrets_are_in_the_body.findings(call))
