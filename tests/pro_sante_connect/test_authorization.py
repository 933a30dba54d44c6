"""The authorization endpoint: code, callbacks, and what is reported (cases 5 to 8, 15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pro_sante_connect.codes import CONNECT
from tests.pro_sante_connect.conftest import DOCTOR, REDIRECT, RelyingParty, callback, hidden

Journal = Callable[..., list[dict[str, Any]]]
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def rules(journal: Journal, transaction: str = "psc.auth") -> set[str]:
    """Rules that the newest exchange of that transaction broke."""
    return {each["rule"] for each in journal(transaction=transaction)[0]["findings"]}


def test_t05_the_callback_has_code_state_session_and_issuer(
    psc: RelyingParty, journal: Journal
) -> None:
    answer = psc.authorize(code_challenge=CHALLENGE, code_challenge_method="S256")
    given = callback(answer)
    assert list(given) == ["state", "session_state", "iss", "code"]
    assert given["state"] == "état/1+&"
    assert given["iss"] == psc.issuer
    assert given["code"].split(".")[1] == given["session_state"]
    assert rules(journal) == set()
    tokens = psc.redeem(given["code"], code_verifier=VERIFIER)
    assert list(tokens.json()) == [
        "access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type",
        "id_token", "not-before-policy", "session_state", "scope",
    ]
    assert tokens.json()["session_state"] == given["session_state"]
    assert tokens.json()["scope"] == "openid profile scope_all identity"
    assert tokens.headers["cache-control"] == "no-store"
    assert tokens.headers["pragma"] == "no-cache"
    assert tokens.headers["content-type"] == "application/json"


def test_t06_no_state_no_nonce_and_a_trailing_slash_are_accepted_and_reported(
    psc: RelyingParty, journal: Journal
) -> None:
    answer = psc.api.get("/psc/auth/", params={
        "scope": "openid scope_all", "acr_values": "eidas1", "response_type": "code",
        "redirect_uri": REDIRECT, "client_id": "socle-demo", "login_hint": DOCTOR,
    })
    assert "state" not in callback(answer)
    assert rules(journal) == {"PSC-STATE", "PSC-NONCE", "PSC-PKCE"}


@pytest.mark.parametrize("written", ["openid%20scope_all", "openid+scope_all"])
def test_t07_a_space_in_scope_is_read_in_every_encoding(psc: RelyingParty, written: str) -> None:
    answer = psc.api.get(
        f"/psc/auth?scope={written}&acr_values=eidas1&response_type=code&client_id=socle-demo"
        f"&redirect_uri={REDIRECT}&login_hint={DOCTOR}"
    )
    assert "code" in callback(answer)


@pytest.mark.parametrize(("client", "redirect"), [
    ("socle-exact", "http://127.0.0.1:9099/retour/"),
    ("socle-exact", "http://127.0.0.1:9098/retour"),
    ("socle-exact", "http://127.0.0.1:9099/retour?x=1"),
    ("socle-demo", "https://example.org/retour"),
    ("socle-demo", "http://127.0.0.1.example.org/"),
    ("socle-demo", "http://127.0.0.1@example.org/"),
    ("socle-demo", "http://localhost\\@example.org/"),
    ("socle-demo", "http://localhost/\r\nSet-Cookie: a=b"),
    ("socle-demo", "http://localhost/#fragment"),
    ("socle-demo", "javascript://localhost/%0aalert(1)"),
    ("socle-demo", "//localhost/retour"),
    ("socle-demo", "http://localhost:99999/"),
    ("socle-demo", "http://localhost/" + "a" * 4000),
    ("socle-demo", None),
])
def test_t08_a_wrong_redirect_uri_is_a_page_and_never_a_redirect(
    psc: RelyingParty, client: str, redirect: str | None
) -> None:
    answer = psc.authorize(client_id=client, redirect_uri=redirect)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "location" not in answer.headers
    assert "Invalid parameter: redirect_uri" in answer.text


def test_the_demonstration_client_takes_any_loopback_address(psc: RelyingParty) -> None:
    for redirect in ("http://localhost:1/cb?keep=1", "https://[::1]/a", "http://127.0.0.1/"):
        answer = psc.authorize(redirect_uri=redirect)
        assert answer.headers["location"].startswith(redirect)
        assert "code" in callback(answer)


@pytest.mark.parametrize("asked", ["eidas1", "eidas2", None])
def test_t15_the_id_token_is_eidas1_whatever_was_asked(
    psc: RelyingParty, journal: Journal, asked: str | None
) -> None:
    from tests.pro_sante_connect.conftest import claims

    tokens = psc.tokens(acr_values=asked)
    assert claims(tokens["id_token"])["acr"] == "eidas1"
    assert ("EXI PSC 6" in rules(journal)) is (asked != "eidas1")


@pytest.mark.parametrize("asked", ["eidas2", None])
def test_t15_a_strict_tenant_sends_the_error_back(psc: RelyingParty, asked: str | None) -> None:
    psc.strict()
    given = callback(psc.authorize(acr_values=asked))
    assert given["error"] == "invalid_request"
    assert given["state"] == "état/1+&"
    assert given["iss"] == psc.issuer


def test_the_request_may_be_posted(psc: RelyingParty) -> None:
    form = {
        "response_type": "code", "client_id": "socle-demo", "redirect_uri": REDIRECT,
        "scope": "openid scope_all", "acr_values": "eidas1", "login_hint": DOCTOR,
    }
    assert "code" in callback(psc.api.post("/psc/auth", data=form))


def test_the_realms_own_endpoint_is_an_alias_and_is_reported(
    psc: RelyingParty, journal: Journal
) -> None:
    answer = psc.api.get(f"{CONNECT}/auth", params={
        "response_type": "code", "client_id": "socle-demo", "redirect_uri": REDIRECT,
        "scope": "openid scope_all", "acr_values": "eidas1", "login_hint": DOCTOR,
    })
    assert "code" in callback(answer)
    assert "PSC-PORTEFEUILLE" in rules(journal)


def test_form_post_is_a_page_that_posts_the_answer(psc: RelyingParty) -> None:
    answer = psc.authorize(response_mode="form_post", state='"><script>alert(1)</script>')
    assert answer.status_code == 200
    assert f'action="{REDIRECT}"' in answer.text
    assert hidden(answer, "iss") == psc.issuer
    assert hidden(answer, "code").count(".") == 2
    assert "<script>alert" not in answer.text
    assert "sha256-" in answer.headers["content-security-policy"]


def test_fragment_mode_keeps_the_answer_out_of_the_query(psc: RelyingParty) -> None:
    answer = psc.authorize(response_mode="fragment")
    assert answer.headers["location"].startswith(f"{REDIRECT}#state=")


def test_an_error_goes_the_way_the_client_asked_for(psc: RelyingParty) -> None:
    answer = psc.authorize(response_mode="form_post", scope="openid nothing")
    assert hidden(answer, "error") == "invalid_scope"


@pytest.mark.parametrize(("changes", "error", "text"), [
    ({"response_type": None}, "invalid_request", "Missing parameter: response_type"),
    ({"response_type": "saml"}, "unsupported_response_type", "Invalid parameter: response_type"),
    ({"scope": "openid autre"}, "invalid_scope", "Invalid scopes: openid autre"),
    ({"response_mode": "query.jose"}, "invalid_request", "Invalid parameter: response_mode"),
    ({"prompt": "none login"}, "invalid_request", "Invalid parameter: prompt"),
    ({"prompt": "now"}, "invalid_request", "Invalid parameter: prompt"),
    ({"max_age": "-1"}, "invalid_request", "Invalid parameter: max_age"),
    ({"max_age": "²"}, "invalid_request", "Invalid parameter: max_age"),
    ({"code_challenge": "court"}, "invalid_request", "Invalid parameter: code_challenge"),
    ({"code_challenge_method": "S256"}, "invalid_request", "Missing parameter: code_challenge"),
    ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request",
     "Invalid parameter: code_challenge_method"),
    ({"nonce": "n" * 5000}, "invalid_request", "Invalid parameter: nonce"),
])
def test_an_unusable_parameter_goes_back_to_the_client(
    psc: RelyingParty, changes: dict[str, str | None], error: str, text: str
) -> None:
    given = callback(psc.authorize(**changes))
    assert (given["error"], given["error_description"]) == (error, text)
    assert given["state"] == "état/1+&"


def test_an_oversized_state_is_refused_and_not_echoed(psc: RelyingParty) -> None:
    given = callback(psc.authorize(state="s" * 5000))
    assert given["error_description"] == "Invalid parameter: state"
    assert "state" not in given


def test_control_characters_in_state_never_reach_a_header(psc: RelyingParty) -> None:
    answer = psc.authorize(state="a\r\nSet-Cookie: x=1")
    assert callback(answer)["state"] == "a\r\nSet-Cookie: x=1"
    assert "\r" not in answer.headers["location"]
    assert "x=1" not in answer.headers.get("set-cookie", "")


def test_text_that_is_not_utf8_is_a_page(psc: RelyingParty) -> None:
    answer = psc.api.get("/psc/auth?client_id=%ff%fe")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")


def test_the_journal_says_what_was_redirected(psc: RelyingParty, journal: Journal) -> None:
    psc.authorize(scope="rien")
    entry = journal(transaction="psc.auth")[0]
    assert entry["error"]["code"] == "invalid_scope"
    assert "invalid_scope" in entry["note"]


def test_pages_are_neither_cached_nor_framed(psc: RelyingParty) -> None:
    page: httpx.Response = psc.authorize(login_hint=None)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
