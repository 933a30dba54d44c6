"""The authorization request, checked in the engine's order.

First who asks and where the answer goes (`target_of`: a failure there is shown to the user and
never redirected), then everything else (`request_of`: a failure goes to the client).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.claims import id_nat_of
from pro_sante_connect.domain.claims_parameter import (
    asked_claims,
    is_level_out_of_reach,
    requested_claims,
    wanted_subject,
)
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.redirection import is_allowed
from services.kernel.errors import Refusal
from services.population import Client

CHALLENGE = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Target:
    """Where the answer goes, once the client and the address are trusted; plain: of that face."""

    client: Client
    redirect_uri: str
    response_mode: str
    state: str
    plain: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request of the code flow. Absent parameters are "" and max_age is then None.

    asked: claims that the client asks for one by one, on the plain face; subject: whom it expects
    there, as national identifier, or "".
    """

    target: Target
    scopes: tuple[str, ...]
    nonce: str
    acr_values: str
    prompts: frozenset[str]
    max_age: int | None
    login_hint: str
    challenge: str
    challenge_method: str
    asked: tuple[str, ...] = ()
    subject: str = ""

    @property
    def client(self) -> Client:
        return self.target.client


def target_of(parameters: Parameters, client: Client | None, *, plain: bool = False) -> Target:
    """Raises CLIENT_MISSING, CLIENT_NOT_FOUND or REDIRECT_URI: the user sees a page.

    plain: of that face, where redirect addresses are compared exactly, whoever the client is.
    """
    client_id, redirect_uri = parameters.get("client_id"), parameters.get("redirect_uri")
    if not client_id:
        raise errors.CLIENT_MISSING(at="client_id")
    if client is None:
        raise errors.CLIENT_NOT_FOUND(at="client_id", found=client_id)
    if not is_allowed(
        redirect_uri, client.redirect_uris, any_loopback=client.any_loopback and not plain,
        wildcard=client.wildcard and not plain,
    ):
        raise errors.REDIRECT_URI(
            at="redirect_uri", expected=" ou ".join(client.redirect_uris) or "une adresse locale",
            found=redirect_uri or "(absent)",
        )
    mode, state = parameters.get("response_mode"), parameters.get("state")
    known = mode if mode in codes.RESPONSE_MODES else "query"
    if plain and not mode and set(parameters.get("response_type").split()) & {"token", "id_token"}:
        known = "fragment"  # where such a client waits for its refusal
    return Target(client, redirect_uri, known, state if len(state) <= LONGEST else "", plain)


def request_of(parameters: Parameters, target: Target) -> AuthorizationRequest:
    """Raises what the client then receives as `error` and `error_description`."""
    if parameters.duplicated:
        raise errors.DUPLICATED_PARAMETER(at=parameters.duplicated[0])
    _check_response_type(parameters, target)
    _check_sizes(parameters)
    if parameters.get("response_mode") not in ("", *codes.RESPONSE_MODES):
        raise _parameter("response_mode", parameters)
    if parameters.get("request_uri"):
        refused = errors.REQUEST_URI_UNSUPPORTED if target.plain else errors.REQUEST_URI
        raise refused(at="request_uri", found=parameters.get("request_uri"))
    if parameters.get("claims") and requested_claims(parameters.get("claims")) is None:
        raise _parameter("claims", parameters)
    method = _challenge_method(parameters, _methods(target))
    if target.client.require_pkce and not method:
        raise errors.PARAMETER("Missing parameter: code_challenge_method", at="code_challenge")
    return AuthorizationRequest(
        target, _scopes(parameters, plain=target.plain), parameters.get("nonce"),
        parameters.get("acr_values"), _prompts(parameters), _max_age(parameters),
        parameters.get("login_hint").strip(), parameters.get("code_challenge"), method,
        *(_asked(parameters) if target.plain else ()),
    )


def _check_response_type(parameters: Parameters, target: Target) -> None:
    given = parameters.get("response_type")
    if not given:
        raise errors.RESPONSE_TYPE_MISSING(at="response_type", expected="code")
    words = set(given.split())
    if not any(words == set(known.split()) for known in codes.RESPONSE_TYPES):
        raise errors.RESPONSE_TYPE_UNKNOWN(at="response_type", expected="code", found=given)
    if target.plain and given != "code":
        raise errors.RESPONSE_TYPE_UNKNOWN(at="response_type", expected="code", found=given)
    if given != "code" or "authorization_code" not in target.client.flows:
        raise errors.RESPONSE_TYPE_CLOSED(at="response_type", expected="code", found=given)


def _check_sizes(parameters: Parameters) -> None:
    for name, value in parameters.values.items():
        if len(value) > LONGEST:
            raise errors.PARAMETER(
                f"Invalid parameter: {name}", at=name, expected=f"au plus {LONGEST} caractères",
                found=f"{len(value)} caractères",
            )


def _asked(parameters: Parameters) -> tuple[tuple[str, ...], str]:
    """Claims and person that the parameter `claims` asks for. Raises UNMET_LEVEL."""
    if is_level_out_of_reach(parameters):
        raise errors.UNMET_LEVEL(at="claims", expected=codes.EIDAS1)
    return asked_claims(parameters), id_nat_of(wanted_subject(parameters))


def _scopes(parameters: Parameters, *, plain: bool) -> tuple[str, ...]:
    """Raises INVALID_SCOPE; the plain face ignores what it does not know (Core §3.1.2.1)."""
    asked = tuple(dict.fromkeys(parameters.get("scope").split()))
    if plain:
        return tuple(scope for scope in asked if scope in codes.PLAIN_SCOPES)
    if any(scope not in codes.SCOPES for scope in asked):
        raise errors.INVALID_SCOPE(
            f"Invalid scopes: {' '.join(asked)}", at="scope", expected="openid scope_all",
            found=" ".join(asked),
        )
    return asked


def _prompts(parameters: Parameters) -> frozenset[str]:
    asked = frozenset(parameters.get("prompt").split())
    if not asked <= set(codes.PROMPTS) or ("none" in asked and len(asked) > 1):
        raise _parameter("prompt", parameters)
    return asked


def _max_age(parameters: Parameters) -> int | None:
    given = parameters.get("max_age")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise _parameter("max_age", parameters)
    return int(given)


def _methods(target: Target) -> tuple[str, ...]:
    """Of the challenge: `plain` protects nothing that the plain face would accept (RFC 9700)."""
    return ("S256",) if target.plain else codes.CHALLENGE_METHODS


def _challenge_method(parameters: Parameters, known: Collection[str]) -> str:
    challenge = parameters.get("code_challenge")
    method = parameters.get("code_challenge_method")
    if not challenge:
        if method:
            raise errors.PARAMETER("Missing parameter: code_challenge", at="code_challenge")
        return ""
    if (method or "plain") not in known:
        raise _parameter("code_challenge_method", parameters)
    if not CHALLENGE.fullmatch(challenge):
        raise _parameter("code_challenge", parameters)
    return method or "plain"


def _parameter(name: str, parameters: Parameters) -> Refusal:
    return errors.PARAMETER(f"Invalid parameter: {name}", at=name, found=parameters.get(name))
