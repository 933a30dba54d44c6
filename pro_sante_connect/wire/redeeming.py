"""grant_type=authorization_code: a code is spent by its first presentation, good or bad."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

from pro_sante_connect import errors
from pro_sante_connect.domain.keys import base64url
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.session import Code, Family, Session
from pro_sante_connect.rules.tokens import Exchanged, code_is_given_in_time, code_is_given_once
from pro_sante_connect.store import Store
from pro_sante_connect.wire import issuing
from pro_sante_connect.wire.faces import digest_of, profile_for
from pro_sante_connect.wire.granting import asked_in
from pro_sante_connect.wire.verification import forget_tokens
from services.kernel.clock import SECOND
from services.kernel.database import Conflict
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.population import Client, Professional, people

RULES = (code_is_given_once, code_is_given_in_time)
VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


async def redeem(exchange: Exchange, client: Client, form: Parameters) -> Answer:
    """Raises the engine's refusals; a reused code ends what the client holds in the session."""
    if not form.get("code"):
        raise errors.CODE_MISSING(at="code")
    store = Store(exchange.sandbox.database, exchange.tenant)
    code = await store.code(digest_of(exchange, form.get("code")))
    if code is None:
        raise errors.CODE_NOT_VALID(at="code")
    lifetime = profile_for(exchange, client).code_seconds
    age = (exchange.tenant.clock.now() - code.issued) // SECOND
    observe(exchange, RULES, Exchanged("code", bool(code.used), age, lifetime))
    if code.used:
        raise await _reused(exchange, store, code)
    try:
        _check(exchange, client, form, code)
        session, professional = await _session(exchange, store, code)
    except Refusal:
        await _spend(exchange, store, code)
        raise
    ids = exchange.tenant.ids
    family = Family(ids.uuid(), code.session_id, code.client_id, code.scope, ids.uuid4())
    access_id = ids.uuid4()
    try:
        await store.redeem(code.digest, family, access_id)
    except Conflict as error:
        raise await _reused(exchange, store, code) from error
    issue = issuing.issue_of(
        exchange, client, session, professional, family, access_id, code.nonce
    )
    asked = asked_in(form.get("code"))
    return await issuing.answer(exchange, replace(issue, asked=asked), family)


def _check(exchange: Exchange, client: Client, form: Parameters, code: Code) -> None:
    lifetime = profile_for(exchange).code_seconds
    age = exchange.tenant.clock.now() - code.issued
    if age >= lifetime * SECOND:
        raise errors.CODE_EXPIRED(
            at="code", expected=f"au plus {lifetime} s", found=f"{age // SECOND} s"
        )
    if form.get("redirect_uri") != code.redirect_uri:
        raise errors.CODE_REDIRECT_URI(
            at="redirect_uri", expected=code.redirect_uri,
            found=form.get("redirect_uri") or "(absent)",
        )
    if client.client_id != code.client_id:
        raise errors.CODE_OF_OTHER_CLIENT(at="client_id", found=client.client_id)
    _check_verifier(form.get("code_verifier"), code)


def _check_verifier(verifier: str, code: Code) -> None:
    if not code.challenge:
        if verifier:
            raise errors.VERIFIER_UNEXPECTED(at="code_verifier")
        return
    if not verifier:
        raise errors.VERIFIER_MISSING(at="code_verifier")
    if not VERIFIER.fullmatch(verifier):
        raise errors.VERIFIER_MISMATCH(
            "PKCE verification failed: Invalid code verifier", at="code_verifier",
            expected="43 à 128 caractères non réservés",
        )
    derived = verifier
    if code.challenge_method == "S256":
        derived = base64url(hashlib.sha256(verifier.encode()).digest())
    if not hmac.compare_digest(derived, code.challenge):
        raise errors.VERIFIER_MISMATCH(at="code_verifier")


async def _session(
    exchange: Exchange, store: Store, code: Code
) -> tuple[Session, Professional]:
    session = await store.session(code.session_id)
    now, profile = exchange.tenant.clock.now(), profile_for(exchange)
    if session is None or not session.is_alive(now, profile):
        raise errors.SESSION_NOT_ACTIVE(at="code")
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(session.id_nat)
    if professional is None:
        raise errors.SESSION_NOT_ACTIVE(at="code", found=session.id_nat)
    return session, professional


async def _spend(exchange: Exchange, store: Store, code: Code) -> None:
    try:
        await store.use(code.digest)
    except Conflict as error:
        raise await _reused(exchange, store, code) from error


async def _reused(exchange: Exchange, store: Store, code: Code) -> Refusal:
    """Someone else may hold the first tokens: they end too (RFC 6749 §4.1.2)."""
    await store.detach(code.session_id, code.client_id)
    await forget_tokens(exchange)
    return errors.CODE_NOT_VALID(at="code", found="code déjà présenté")
