"""The téléservice itself: SOAP 1.2 at one address, the operation told by `wsa:Action`."""

BASE = "/ins/lps"
