"""Constants of Pro Santé Connect: paths, scopes, algorithms, OIDs. Look-up only."""

from __future__ import annotations

WALLET = "/psc/auth"
REALM = "/psc/auth/realms/esante-wallet"
CONNECT = REALM + "/protocol/openid-connect"
REALM_NAME = "esante-wallet"
PLAIN = "/psc/oidf"
"""The face of the OpenID specifications, without what PSC does otherwise."""

# The provider id in `sub` is constant for an environment; this is the one seen in tokens of the
# integration environment (public samples of ansforge/PSC-POC, 2021 to 2023).
FEDERATION = "550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd"

OPENID = "openid"
SCOPES = (
    "openid", "microprofile-jwt", "rpps", "referentiel", "web-origins", "basic", "identity", "acr",
    "offline_access", "eidas1", "profile", "roles", "email", "scope_all", "phone", "interop",
    "scope_1", "address", "scope_2", "eidas2",
)
PLAIN_SCOPES = ("openid", "profile", "email", "phone", "address", "scope_all")
STANDARD_CLAIMS = (
    "name", "given_name", "family_name", "preferred_username", "email", "email_verified",
    "phone_number", "phone_number_verified", "address",
)
RESPONSE_TYPES = (
    "code", "none", "id_token", "token", "id_token token", "code id_token", "code token",
    "code id_token token",
)
JWT_MODES = ("query.jwt", "fragment.jwt", "form_post.jwt", "jwt")
RESPONSE_MODES = ("query", "fragment", "form_post", *JWT_MODES)
PROMPTS = ("none", "login", "consent", "select_account")
CHALLENGE_METHODS = ("plain", "S256")

CIBA_GRANT = "urn:openid:params:grant-type:ciba"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (
    "authorization_code", "implicit", "refresh_token", "password", "client_credentials",
    CIBA_GRANT, DEVICE_GRANT,
)
CLIENT_AUTHENTICATION = (
    "private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth",
    "client_secret_jwt",
)

SIGNATURES = (
    "PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512",
    "PS256", "PS512", "RS512",
)
SIGNATURES_OR_NONE = (*SIGNATURES, "none")
ASYMMETRIC_SIGNATURES = tuple(name for name in SIGNATURES if not name.startswith("HS"))
KEY_ENCRYPTION = ("RSA-OAEP", "RSA-OAEP-256", "RSA1_5")
CONTENT_ENCRYPTION = (
    "A256GCM", "A192GCM", "A128GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512",
)

EIDAS1, EIDAS3 = "eidas1", "eidas3"
CARD, MOBILE = "CARD", "MOBILE"
CHANNELS = (CARD, MOBILE)

SECTEUR_ACTIVITE = "1.2.250.1.71.4.2.4"
SUBJECT_ROLE = "1.2.250.1.213.1.1.5.5"
PALIER_AUTHENTIFICATION = "APPPRIP3^1.2.250.1.213.1.5.1.1.1"
PSI_LOCALE = "1.2.250.1.213.1.3.1.1"

# DEFAULT(autorité d'enregistrement): only the doctors' value has been seen; others stay empty.
ORDRES = {"10": "CNOM"}

TEST_HOSTS = (
    "wallet.bas.psc.esante.gouv.fr", "auth.bas.psc.esante.gouv.fr",
    "wallet.bas.esw.esante.gouv.fr", "auth.bas.esw.esante.gouv.fr",
)
"""Hosts of the official "bac à sable"; the `esw` ones are old and still in clients' code."""

LANGUAGE = "langue"
"""Parameter of our pages' own language switch: not of the protocol, no client sends it."""
