"""The proxy e-santé: what stands between a software and Pro Santé Connect (dossier §12.6).

It logs a professional in without a browser, exchanges the token at every API, and relays calls with
the API's token and the certificate of the software. The sandbox plays one, so that a software can
be tried against it; `platines` plays the other side, for those who make a proxy.
"""
