"""Each rule, on what it accepts and on what it reports."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import get_type_hints

import pytest

from pro_sante_connect import SERVICE
from pro_sante_connect.codes import CONNECT, WALLET
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.rules import authorization, back_channel, ciba, clients, logout, tokens
from pro_sante_connect.rules.authorization import Observed
from pro_sante_connect.rules.back_channel import BackChannelCall
from pro_sante_connect.rules.clients import Proof
from pro_sante_connect.rules.tokens import Exchanged, Polled, Shown
from services.kernel.rules import Rule, rules_of

GOOD = {
    "acr_values": "eidas1", "state": "s", "nonce": "n" * 22, "code_challenge": "c" * 43,
    "code_challenge_method": "S256", "scope": "openid scope_all",
    "redirect_uri": "https://logiciel.example/retour",
}


BEARER = {"exp": 10, "typ": "Bearer"}


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
    (authorization.nonce_is_new, replace(asked(), nonce_seen=True), "déjà reçu de ce logiciel"),
    (authorization.redirect_is_registered_as_it_is, replace(asked(), registered=False),
     "https://logiciel.example/retour"),
    (authorization.claims_are_not_chosen, asked(claims="{}"), "présent"),
    (authorization.spaces_are_encoded, replace(asked(), spaced=True), "une espace nue"),
    (clients.certificate_is_presented, Proof("a", needs_certificate=True), "(absent)"),
    (clients.certificate_is_the_clients, Proof("a", cn="b"), "CN b"),
    (clients.secret_is_given_once, Proof("a", methods=("Authorization", "client_secret")),
     "Authorization et client_secret"),
    (clients.call_is_correlated, Proof("a", edc=True), "(absent)"),
    (tokens.token_is_in_time, Shown(BEARER | {"exp": 5}, 9), "expiré depuis 4 s"),
    (tokens.token_is_an_access_token, Shown(BEARER | {"typ": "ID"}, 9), "typ ID"),
    (tokens.introspected_is_a_token, Shown(BEARER | {"typ": "ID"}, 9, introspected=True),
     "un ID token"),
    (tokens.token_is_in_the_header, Shown(None, 9, in_query=True), "dans l'adresse"),
    (tokens.code_is_given_once, Exchanged("code", replayed=True), "code déjà présenté"),
    (tokens.code_is_given_in_time, Exchanged("code", age=60), "60 s"),
    (tokens.refresh_is_given_once, Exchanged("refresh_token", replayed=True),
     "jeton déjà échangé"),
    (tokens.refresh_is_no_polling, Exchanged("refresh_token", age=59), "59 s"),
    (tokens.polls_are_apart, Polled(4.9, 5), "4.9 s"),
    (logout.session_is_named, Parameters({}), "(absent)"),
    (logout.return_is_recognised, Parameters({"post_logout_redirect_uri": "https://a"}),
     "(absent)"),
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


@pytest.mark.parametrize(("module", "subject"), [
    (clients, Proof("a")), (clients, Proof("a", True, "a", ("Authorization",), True, "c-1")),
    (tokens, Shown(BEARER, 9)), (tokens, Shown(BEARER, 99, introspected=True)),
    (tokens, Shown(None, 9)), (tokens, Exchanged("code", age=59)),
    (tokens, Exchanged("refresh_token", age=60)), (tokens, Polled(None, 5)),
    (tokens, Polled(5, 5)), (logout, Parameters({"id_token_hint": "x"})),
    (logout, Parameters({"request": "x", "post_logout_redirect_uri": "https://a", "state": "s"})),
])
def test_a_careful_call_breaks_nothing(module: ModuleType, subject: object) -> None:
    concerned = [each for each in rules_of(module) if taken(each) is type(subject)]
    assert concerned
    for each in concerned:
        assert not list(each.findings(subject))


def taken(rule: Rule) -> type:
    """The class of what a rule looks at."""
    annotations = get_type_hints(rule.check)
    annotations.pop("return")
    (subject,) = annotations.values()
    assert isinstance(subject, type)
    return subject


def test_at_least_thirty_requirements_are_observed() -> None:
    assert len(SERVICE.rules) >= 30
    numbers = {number for each in SERVICE.rules for number in each.numbers
               if number.startswith("EXI")}
    assert numbers == {"EXI PSC 6", "EXI PSC 22", "EXI PSC 24", "EXI EDC PSC 115"}


@pytest.mark.parametrize("rule", [each for each in vars(authorization).values()
                                  if isinstance(each, Rule)], ids=lambda rule: rule.id)
def test_a_careful_client_breaks_nothing(rule: Rule) -> None:
    assert not list(rule.findings(asked()))
    assert not list(rule.findings(asked(redirect_uri="http://localhost:9000/retour")))


CIBA = {"binding_message": "42", "channel": "CARD"}


@pytest.mark.parametrize(("rule", "changes", "found"), [
    (ciba.message_is_two_digits, {"binding_message": ""}, "(absent)"),
    (ciba.message_is_two_digits, {"binding_message": "423"}, "423"),
    (ciba.channel_is_known, {"channel": "mobile"}, "mobile"),
    (ciba.only_poll_is_asked, {"user_code": "1"}, "présent"),
])
def test_a_ciba_request_is_reported_where_it_is(
    rule: Rule, changes: dict[str, str], found: str
) -> None:
    assert not list(rule.findings(Parameters(CIBA)))
    (finding,) = rule.findings(Parameters(CIBA | changes))
    assert (finding.at, finding.found) == (next(iter(changes)), found)


@pytest.mark.parametrize("call", [
    BackChannelCall(), BackChannelCall(fetch_mode="cors", user_agent="node"),
    BackChannelCall(query_names=("trace",)),
])
def test_a_server_breaks_nothing(call: BackChannelCall) -> None:
    assert not list(back_channel.call_is_not_from_a_browser.findings(call))
    assert not list(back_channel.secrets_are_in_the_body.findings(call))
