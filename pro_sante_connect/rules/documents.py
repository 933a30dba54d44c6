"""The texts that the rules cite."""

from services.kernel.requirements import Document

REFERENTIEL = Document("Référentiel Pro Santé Connect")
TECHNIQUE = Document("Documentation technique de Pro Santé Connect")
METADONNEES = Document("wallet-openid-configuration")
OPENID = Document("OpenID Connect Core")
OAUTH = Document("RFC 6749")
PKCE = Document("RFC 7636")
OAUTH_SECURITY = Document("RFC 9700")
CIBA = Document("Documentation CIBA de Pro Santé Connect")
REFERENTIEL_EDC = Document("Référentiel de l'espace de confiance Pro Santé Connect")
TRANSPORT = Document("Volet de sécurisation du transport du CI-SIS")
BEARER = Document("RFC 6750")
MUTUAL_TLS = Document("RFC 8705")
INTROSPECTION = Document("RFC 7662")
LOGOUT = Document("OpenID Connect RP-Initiated Logout")
CIBA_CORE = Document("OpenID Connect CIBA Core")
TOKEN_EXCHANGE = Document("RFC 8693")
URI = Document("RFC 3986")
HTTP = Document("RFC 9112")
