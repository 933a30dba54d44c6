"""signerVitale at `/apcv/wssoap/apcv/sign/1/0`: shape only, the signature is worth nothing."""

from __future__ import annotations

import base64
import hmac

from services.apcv import codes, errors
from services.apcv.wire import SIGN
from services.apcv.wire.auth import identifiant_of
from services.apcv.wire.contextes import context_of
from services.apcv.wire.faults import APCV
from services.apcv.wire.message import UNDERSTOOD, admitted
from services.apcv.wire.reponse import answered
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import MEBIBYTE, transaction
from services.soap import errors as soap_errors
from services.soap.addressing import sought_action
from services.soap.envelope import text_of
from services.soap.message import received

_NS = f"{{{codes.NS_SIGN}}}"
ROUTES = (f"POST {SIGN}",)


@transaction(
    "apcv.sign", name="Message sans opération reconnue (signature)", dialect=APCV, routes=ROUTES,
    spec="WS-Addressing 1.0, SOAP Binding §6.4", fidelity="derived", max_body=MEBIBYTE,
    sorts=sought_action,
)
async def sign(exchange: Exchange) -> Answer:
    await received(exchange, UNDERSTOOD, actions=(codes.ACTION_SIGNER,))
    raise soap_errors.ACTION_NOT_SUPPORTED(at="/Envelope/Header/Action")


@transaction(
    "apcv.signerVitale", name="Signature d'une facture avec l'apCV (fictive)", dialect=APCV,
    spec="ApCV_SIGN 1.0.0 : forme de la demande seule publique", routes=ROUTES, fidelity="default",
    max_body=MEBIBYTE, action=codes.ACTION_SIGNER,
)
async def signer(exchange: Exchange) -> Answer:
    message = await admitted(exchange)
    payload = message.payload
    facture = payload.find(f"{_NS}Facture")
    if payload.tag != f"{_NS}SignerVitaleReq" or facture is None:
        raise errors.REQUETE(at="/Envelope/Body", expected="SignerVitaleReq avec une Facture",
                             found=str(payload.tag)[:200])
    contexte = await context_of(exchange, message.holder, identifiant_of(payload, _NS))
    hashes = "\n".join(text_of(facture, f"{_NS}{name}") for name in ("DonneeFSE", "DonneeDRE"))
    # DEFAULT(signerVitale): the same request in the same context has the same signature.
    made = base64.b64encode(hmac.digest(contexte.id.encode(), hashes.encode(), "sha256")).decode()
    content = f"<SignatureVitale>{made}</SignatureVitale>"
    return answered(exchange, message.message_id, content)
