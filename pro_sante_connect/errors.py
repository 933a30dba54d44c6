"""The refusals of Pro Santé Connect. Labels are the engine's own texts (Keycloak), in English.

A label ending with "…" is completed by the details given when raising. Redirected errors carry
the same code and label as `error` and `error_description` of the callback.
"""

from __future__ import annotations

from services.kernel.errors import CatalogueError

_ENGINE = "Moteur de PSC (Keycloak), texte repris par les clients publics"
_RFC6749 = "RFC 6749 §5.2"
_CORE = "OpenID Connect Core §3.1.2.6"
_SOCLE = "Socle: no official text"

# On the authorization endpoint, before the redirect address is trusted: a page, never a redirect.
CLIENT_MISSING = CatalogueError(
    "invalid_request", "Missing parameters: client_id", "no client_id", _ENGINE, 400, "derived"
)
CLIENT_NOT_FOUND = CatalogueError(
    "invalid_client", "Client not found.", "unknown client_id", _ENGINE, 400, "derived"
)
REDIRECT_URI = CatalogueError(
    "invalid_request", "Invalid parameter: redirect_uri",
    "redirect_uri absent or not registered", _ENGINE, 400, "derived",
)
PAGE_EXPIRED = CatalogueError(
    "page_expired", "Cette page de connexion n'est plus valable. Recommencez depuis le logiciel.",
    "log-in form answered too late, twice, or from another browser", _SOCLE, 400, "default",
)
NOT_THE_WALLET = CatalogueError(
    "not_the_wallet",
    "Cette adresse est celle du moteur, pas celle du portefeuille : lisez "
    "authorization_endpoint dans wallet-openid-configuration.",
    "realm's own authorization endpoint, in a strict tenant", _SOCLE, 400, "default",
)

PUSHED_NOT_FOUND = CatalogueError(
    "invalid_request_uri", "PAR not found. not issued or used multiple times.",
    "request_uri of a pushed request that is unknown, spent, or another client's", _ENGINE, 400,
    "derived",
)
PUSHED_EXPIRED = CatalogueError(
    "invalid_request_uri", "PAR expired.", "pushed request older than 60 s", _ENGINE, 400,
    "derived",
)

PAGES = (
    CLIENT_MISSING, CLIENT_NOT_FOUND, REDIRECT_URI, PAGE_EXPIRED, NOT_THE_WALLET,
    PUSHED_NOT_FOUND, PUSHED_EXPIRED,
)

# On the authorization endpoint, once the redirect address is trusted: sent to it.
DUPLICATED_PARAMETER = CatalogueError(
    "invalid_request", "duplicated parameter", "the same parameter twice", _ENGINE, 400, "derived"
)
RESPONSE_TYPE_MISSING = CatalogueError(
    "invalid_request", "Missing parameter: response_type", "no response_type", _ENGINE, 400,
    "derived",
)
RESPONSE_TYPE_UNKNOWN = CatalogueError(
    "unsupported_response_type", "Invalid parameter: response_type",
    "response_type that the discovery document does not list", _ENGINE, 400, "derived",
)
RESPONSE_TYPE_CLOSED = CatalogueError(
    "unauthorized_client",
    "Client is not allowed to initiate browser login with given response_type.",
    "response_type other than code, or code flow closed to the client", _ENGINE, 400, "derived",
)
PARAMETER = CatalogueError(
    "invalid_request", "Invalid parameter: …",
    "unusable response_mode, prompt, max_age, code_challenge or oversized value", _ENGINE, 400,
    "derived",
)
ACR_VALUES = CatalogueError(
    "invalid_request", "Invalid parameter: acr_values",
    "acr_values other than eidas1, in a strict tenant", "EXI PSC 6", 400, "default",
)
REQUEST_OBJECT = CatalogueError(
    "invalid_request_object", "Invalid request object",
    "request object that is not signed with the secret (none and RS256 included), late, nested, "
    "or of another client", "OpenID Connect Core §6.1", 400, "derived",
)
REQUEST_URI = CatalogueError(
    "invalid_request_uri", "Specified 'request_uri' not allowed for this client.",
    "request_uri that is no pushed request: none is registered, and none is fetched", _ENGINE, 400,
    "derived",
)
INVALID_SCOPE = CatalogueError(
    "invalid_scope", "Invalid scopes: …", "scope that does not exist or was not granted", _ENGINE,
    400, "derived",
)
ACCESS_DENIED = CatalogueError(
    "access_denied", "The user denied the request", "refused on the page or on the e-CPS",
    "RFC 6749 §4.1.2.1", 400, "derived",
)
LOGIN_REQUIRED = CatalogueError(
    "login_required", "Authentication required", "prompt=none without a live session",
    "OpenID Connect Core §3.1.2.6", 400, "derived",
)
AUTHENTICATION_EXPIRED = CatalogueError(
    "temporarily_unavailable", "authentication_expired", "the e-CPS did not answer in time",
    _ENGINE, 400, "derived",
)

# On the token endpoint.
FORM_EXPECTED = CatalogueError(
    "invalid_request", "Content-Type must be application/x-www-form-urlencoded",
    "body that is not a form", _RFC6749, 415, "derived",
)
GRANT_TYPE_MISSING = CatalogueError(
    "invalid_request", "Missing form parameter: grant_type", "no grant_type", _ENGINE, 400,
    "derived",
)
GRANT_TYPE_UNKNOWN = CatalogueError(
    "unsupported_grant_type", "Unsupported grant_type", "grant_type that does not exist", _ENGINE,
    400, "derived",
)
GRANT_TYPE_CLOSED = CatalogueError(
    "unauthorized_client", "Client not allowed for this grant",
    "grant advertised by the discovery document and open to no service", _ENGINE, 400, "derived",
)
CIBA_CLOSED = CatalogueError(
    "invalid_grant", "Client not allowed OIDC CIBA Grant", "CIBA by a client without it", _ENGINE,
    400,
)
CLIENT_AUTHENTICATION = CatalogueError(
    "unauthorized_client", "Invalid client or Invalid client credentials",
    "unknown client or wrong secret", _ENGINE, 401, "derived",
)
CERTIFICATE_MISSING = CatalogueError(
    "invalid_client", "Client certificate is required",
    "no certificate, by a client of the espace de confiance or where every client needs one",
    "EXI PSC 24", 401, "default",
)
CERTIFICATE_INVALID = CatalogueError(
    "invalid_client", "Client certificate is not valid",
    "expired, revoked or untrusted certificate, of another usage, or of a person", "EXI PSC 24",
    401, "default",
)
CERTIFICATE_MISMATCH = CatalogueError(
    "invalid_client", "Client certificate does not match",
    "CN of the certificate other than client_id", "EXI PSC 24", 401, "default",
)
REFRESH_BOUND = CatalogueError(
    "unauthorized_client",
    "Client certificate missing, or its thumbprint and one in the refresh token did NOT match",
    "refresh token bound to another certificate", _ENGINE, 400,
)
CODE_MISSING = CatalogueError(
    "invalid_request", "Missing parameter: code", "no code", _ENGINE, 400
)
CODE_NOT_VALID = CatalogueError(
    "invalid_grant", "Code not valid", "unknown or reused code", _ENGINE, 400
)
CODE_EXPIRED = CatalogueError(
    "invalid_grant", "Code is expired", "code older than 60 s", _ENGINE, 400
)
CODE_OF_OTHER_CLIENT = CatalogueError(
    "invalid_grant", "Auth error", "code issued to another client", _ENGINE, 400, "derived"
)
CODE_REDIRECT_URI = CatalogueError(
    "invalid_grant", "Incorrect redirect_uri",
    "redirect_uri other than the authorization request's", _ENGINE, 400,
)
VERIFIER_MISSING = CatalogueError(
    "invalid_grant", "PKCE code verifier not specified", "code_challenge sent, no code_verifier",
    _ENGINE, 400, "derived",
)
VERIFIER_UNEXPECTED = CatalogueError(
    "invalid_grant", "PKCE code verifier specified but challenge not present in authorization",
    "code_verifier without code_challenge", _ENGINE, 400, "derived",
)
VERIFIER_MISMATCH = CatalogueError(
    "invalid_grant", "PKCE verification failed: Code mismatch", "wrong code_verifier", _ENGINE,
    400, "derived",
)
SESSION_NOT_ACTIVE = CatalogueError(
    "invalid_grant", "Session not active", "session closed or past four hours", _ENGINE, 400
)
REFRESH_MISSING = CatalogueError(
    "invalid_request", "No refresh token", "no refresh_token", _ENGINE, 400, "derived"
)
REFRESH_INVALID = CatalogueError(
    "invalid_grant", "Invalid refresh token", "unreadable refresh token, or of another client",
    _ENGINE, 400, "derived",
)
REFRESH_EXPIRED = CatalogueError(
    "invalid_grant", "Token is not active", "refresh token past its 30 minutes", _ENGINE, 400,
    "derived",
)
REFRESH_REUSED = CatalogueError(
    "invalid_grant", "Maximum allowed refresh token reuse exceeded",
    "refresh token already exchanged: the whole family is revoked", _ENGINE, 400, "derived",
)
BROWSER_CALL = CatalogueError(
    "invalid_request", "Token endpoint called against the rules of the service",
    "call from a browser or secret in the address, in a strict tenant", "EXI PSC 22", 400,
    "default",
)

# On the endpoints that take a token.
TOKEN_NOT_PROVIDED = CatalogueError(
    "invalid_request", "Token not provided", "userinfo without a token", _ENGINE, 401, "derived"
)
TOKEN_NOT_VALID = CatalogueError(
    "invalid_token", "Token verification failed", "userinfo with an expired or foreign token",
    _ENGINE, 401, "derived",
)
TOKEN_BOUND = CatalogueError(
    "invalid_token",
    "Client certificate missing, or its thumbprint and one in the refresh token did NOT match",
    "userinfo with a token bound to another certificate", _ENGINE, 401,
)
SCOPE_OPENID = CatalogueError(
    "insufficient_scope", "Missing openid scope", "userinfo with a token without openid", _ENGINE,
    403, "derived",
)
INTROSPECTED_MISSING = CatalogueError(
    "invalid_request", "Token not provided.", "introspection or revocation without a token",
    _ENGINE, 400,
)
INTROSPECTION_DENIED = CatalogueError(
    "invalid_request", "Authentication failed.", "introspection with a wrong secret", _ENGINE, 401
)

# On the logout endpoint: pages.
LOGOUT_REDIRECT_URI = CatalogueError(
    "invalid_redirect_uri", "Invalid redirect uri", "post_logout_redirect_uri not registered",
    _ENGINE, 400, "derived",
)
LOGOUT_HINT = CatalogueError(
    "invalid_request", "Invalid parameter: id_token_hint",
    "id_token_hint that this tenant did not sign", _ENGINE, 400, "derived",
)
LOGOUT_HINT_MISSING = CatalogueError(
    "invalid_request", "Missing parameters: id_token_hint",
    "post_logout_redirect_uri without id_token_hint or client_id", _ENGINE, 400, "derived",
)

# On the endpoint of pushed authorization requests.
PUSHED_REQUEST_URI = CatalogueError(
    "invalid_request", "It is not allowed to include request_uri to PAR.",
    "request_uri in a pushed request", "RFC 9126 §2.1", 400, "derived",
)

# On the CIBA endpoint, then on the token endpoint that is polled.
CIBA_SCOPE_MISSING = CatalogueError(
    "invalid_request", "missing parameter : scope", "CIBA request without scope", _ENGINE, 400
)
CIBA_HINT_MISSING = CatalogueError(
    "invalid_request", "missing parameter : login_hint", "CIBA request without login_hint",
    _ENGINE, 400,
)
CIBA_USER = CatalogueError(
    "invalid_request", "invalid user", "login_hint that is no professional's national identifier",
    _ENGINE, 400,
)
CIBA_MESSAGE = CatalogueError(
    "invalid_binding_message", "Invalid value in binding_message.",
    "binding_message of other characters, or over 50; not two digits, in a strict tenant",
    _ENGINE, 400,
)
CIBA_USER_CODE = CatalogueError(
    "invalid_request", "User code not supported", "parameter user_code", _ENGINE, 400
)
CIBA_CHANNEL = CatalogueError(
    "invalid_request", "Invalid parameter: channel",
    "channel other than CARD and MOBILE, in a strict tenant", _SOCLE, 400, "default",
)
CIBA_DEVICE = CatalogueError(
    "server_error", "Failed to send authentication request", "device that cannot be reached",
    _ENGINE, 503,
)
CIBA_ID_MISSING = CatalogueError(
    "invalid_request", "Missing parameter: auth_req_id", "no auth_req_id", _ENGINE, 400
)
CIBA_ID_UNREADABLE = CatalogueError(
    "invalid_grant", "Invalid Auth Req ID", "auth_req_id that was not issued here, or to another",
    _ENGINE, 400,
)
CIBA_ID_UNKNOWN = CatalogueError(
    "invalid_grant", "Invalid auth_req_id", "auth_req_id already exchanged, or forgotten",
    _ENGINE, 400,
)
CIBA_PENDING = CatalogueError(
    "authorization_pending",
    "The authorization request is still pending as the end-user hasn't yet been authenticated.",
    "the professional has not answered yet", _ENGINE, 400,
)
CIBA_TOO_FAST = CatalogueError(
    "slow_down", "too early to access", "polled before the interval has passed", _ENGINE, 400
)
CIBA_REFUSED = CatalogueError(
    "access_denied", "not authorized", "refused on the device, or the device is blocked", _ENGINE,
    400,
)
CIBA_EXPIRED = CatalogueError(
    "expired_token", "authentication timed out", "no answer within two minutes", _ENGINE, 400
)

# On the plain face only, where the specifications have another word than the engine.
REQUEST_UNSUPPORTED = CatalogueError(
    "request_not_supported", "Unsigned request objects are not supported",
    "unsigned request object (alg none), on the plain face", _CORE, 400,
)
REQUEST_URI_UNSUPPORTED = CatalogueError(
    "request_uri_not_supported", "Only pushed requests are supported in request_uri",
    "request_uri that is no pushed request, on the plain face", _CORE, 400,
)
CONSENT_REQUIRED = CatalogueError(
    "consent_required", "The user has not agreed to this client yet",
    "prompt=none by a client that the session does not know, on the plain face", _CORE, 400,
)
UNMET_LEVEL = CatalogueError(
    "unmet_authentication_requirements", "The required acr is not available",
    "essential acr other than eidas1, on the plain face",
    "OpenID Connect Unmet Authentication Requirements 1.0 §2", 400,
)
HINT_UNUSABLE = CatalogueError(
    "invalid_request", "Invalid parameter: id_token_hint",
    "id_token_hint that this face did not issue, on the plain face", _CORE, 400,
)
INVALID_CLIENT = CatalogueError(
    "invalid_client", "Client authentication failed",
    "unknown client or wrong secret, on the plain face", _RFC6749, 401,
)
TWO_METHODS = CatalogueError(
    "invalid_request", "More than one client authentication method",
    "secret in the header and in the form, on the plain face", "RFC 6749 §2.3", 400,
)
