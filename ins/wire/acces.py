"""Who calls, by which access mode, and whether the téléservice takes the call."""

from __future__ import annotations

from dataclasses import replace

from ins import codes, errors
from ins.domain.appel import Appel, CarteVitale, Mode
from ins.domain.reglages import reglages_of
from ins.domain.souvenirs import Souvenir, sujets_of
from ins.rules import acces as rules_acces
from ins.rules import assertion as rules_assertion
from ins.rules import contextes as rules_contextes
from ins.rules import enveloppe as rules_enveloppe
from ins.store import require_available
from ins.wire.memoire import memoire
from ins.wire.message import Message
from ins.wire.schemas import violations
from services.kernel.authentication import bearer
from services.kernel.clock import real_now
from services.kernel.exchange import Exchange
from services.kernel.pki.judgement import Status, judge
from services.kernel.rules import observe, rules_of
from services.population import people
from services.soap.addressing import http_action
from services.soap.calling import PSC, age_of, identite_of, reconnue, told_apart
from services.soap.envelope import text_of
from services.soap.message import namesake
from services.soap.namespaces import ADDRESSING
from services.soap.saml import Assertion, superfluous

ENVELOPPE = rules_of(rules_enveloppe)
CONTEXTES = rules_of(rules_contextes)
ACCES, ASSERTIONS = rules_of(rules_acces), rules_of(rules_assertion)
UNIQUES = {
    f"{{{namespace}}}{name}": name for namespace, name in (
        (ADDRESSING, "Action"), (ADDRESSING, "MessageID"), (codes.NS_LPS, "ContexteLPS"),
        (codes.NS_BAM, "ContexteBAM"),
    )
}
"""Header blocks that come once → their names."""


async def admit(exchange: Exchange, message: Message) -> Appel:
    """The call, once observed and let in. Raises what `ins.errors` says of access, or the refusals
    of bearer tokens in the mode of Pro Santé Connect."""
    known, key, ids = memoire(exchange.sandbox), exchange.tenant.key, _ids(message)
    again, at = await known.seen(key, ids), real_now()
    new = [Souvenir(each, "", at) for each in ids if each not in again]
    # A call that is refused must not register a tenant that nobody has used.
    unused = exchange.tenant.created is None
    if not unused:
        await known.add(key, new)
    appel = await _appel(exchange, message, frozenset(again))
    if appel.mode == "cpx" and appel.professionnel is not None:
        appel = replace(appel, professionnel=await reconnue(exchange, appel.professionnel))
    action = exchange.transaction.action if exchange.transaction is not None else ""
    observe(
        exchange, ENVELOPPE, violations(message.envelope, action), strict=errors.TRAIT_REFUSE
    )
    observe(exchange, CONTEXTES, appel, strict=errors.TRAIT_REFUSE)
    if appel.mode == "psc":
        # DEFAULT(INSi with Pro Santé Connect): an exchanged token, as for the other APIs of the
        # espace de confiance; source unknown.
        caller = await bearer(exchange, exchanged=True)
        appel = replace(appel, jeton=caller.id_nat)
    asserted = message.assertions or message.action == codes.ACTION_VITALE
    observe(exchange, (*ACCES, *ASSERTIONS) if asserted else ACCES, appel,
            strict=errors.DROITS_INSUFFISANTS)
    require_available(reglages_of(exchange.tenant.settings).mode)
    if unused:
        await known.add(key, new)
    return appel


async def _appel(exchange: Exchange, message: Message, reused: frozenset[str]) -> Appel:
    settings = reglages_of(exchange.tenant.settings)
    verdict = await judge(exchange.sandbox, exchange.tenant, exchange.tls)
    presented = verdict.status is not Status.NONE
    own, vitale = told_apart(message.assertions)
    mode: Mode | None = "certificat" if presented else None
    professional = own is not None and own.name_qualifier == PSC
    # A token bound to the proxy's certificate comes with that certificate.
    if professional and (not presented or exchange.header("authorization")):
        mode = "psc"
    elif own is not None and not presented:
        mode = "cpx"
    now = exchange.tenant.clock.now()
    return Appel(
        mode=mode, action=message.action, http_action=http_action(exchange),
        message_id=message.message_id, lps=message.lps, bam=message.bam, now=now,
        reused=reused, tls=exchange.tls is not None,
        certificate_cn=verdict.cn, certificate_ou=verdict.ou,
        certificate_flaw="" if verdict.valid or not presented else verdict.detail,
        security=message.security,
        professionnel=identite_of(
            exchange, own, signed=mode == "cpx", now=now
        ) if own is not None else None,
        carte=await _carte(exchange, vitale, now) if vitale is not None else None,
        professions=await _professions(exchange, own) if own is not None else (),
        specialite_inconnue=own is not None and _is_unlisted(exchange, own),
        minutes_ps=settings.minutes_ps, minutes_vitale=settings.minutes_vitale,
        intrus=superfluous(message.envelope),
        homonymes=() if message.lps is not None and message.bam is not None else tuple(
            [namesake(message.envelope, name) for name in ("ContexteLPS", "ContexteBAM")]
        ),
        hote=exchange.front.host if exchange.front is not None else "",
        repetes=tuple([UNIQUES[each] for each in message.envelope.repeated if each in UNIQUES]),
    )


def _ids(message: Message) -> tuple[str, ...]:
    """What names the contexts and the message, to tell those that a former call had."""
    contextes = [each.id for each in (message.lps, message.bam) if each is not None]
    return *sujets_of(contextes, "contexte"), *sujets_of((message.message_id,), "message")


async def _professions(exchange: Exchange, assertion: Assertion) -> tuple[str, ...]:
    """Those of the professional that it names, each once."""
    known = people(exchange.sandbox.database, exchange.tenant)
    who = await known.professional(assertion.name_id) if assertion.name_id else None
    several = who.exercices if who is not None else ()
    return tuple(dict.fromkeys(each.profession for each in several))


def _is_unlisted(exchange: Exchange, assertion: Assertion) -> bool:
    """Whether its codeSpecialite is in no list, and the lists are here."""
    told, lists = assertion.first("codeSpecialite"), exchange.sandbox.ports.codes
    return bool(told) and all(
        lists.check(each, "", told) == "not-member" for each in codes.SAVOIR_FAIRE
    )


async def _carte(exchange: Exchange, assertion: Assertion, now: int) -> CarteVitale:
    info = assertion.element.find(f".//{{{codes.NS_CARTE}}}KeyInfo")
    said = {name: text_of(info, f"{{{codes.NS_CARTE}}}{name}")
            for name in ("Type", "Nature", "NumSerieLogique")}
    serial = assertion.name_id
    known = await exchange.sandbox.ports.cards.knows(exchange.tenant, serial) if serial else None
    return CarteVitale(
        serial, said["Nature"], age_of(assertion, now), known, said["Type"],
        said["NumSerieLogique"], assertion.algorithm, assertion.issuer,
    )
