"""The espace de confiance: authorization servers of the "API Pro Santé Connectées" (dossier §12).

Each API that calls itself "Pro Santé Connectée" has an authorization server of its own, which
takes an access token of Pro Santé Connect and gives a token of the API, bound to a certificate.
"""
