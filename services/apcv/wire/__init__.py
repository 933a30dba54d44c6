"""The reader of cartes Vitale, and the proximity service of the appli carte Vitale."""

VITALE = "/apcv/vitale"
AUTH = "/apcv/wssoap/apcv/auth/1/0"
SIGN = "/apcv/wssoap/apcv/sign/1/0"
SCHEMAS = "/apcv/wssoap/schemas"
TELEPHONE = "/apcv/telephone"
