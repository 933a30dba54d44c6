"""The sandbox's own test PKI, and the judgement of the certificates that clients present."""

from services.kernel.pki.authority import Pki, load_or_make
from services.kernel.pki.forms import made_once, private_pem, write_private

__all__ = ["Pki", "load_or_make", "made_once", "private_pem", "write_private"]
