"""What hundreds of sandboxes and clients of one test process would each make anew, made once.

None of it is what a test is about: the authorities that clients trust by default, the RSA key of a
new installation, the command line as `click` sees it. Files of databases are not synchronised: no
test of this process outlives a loss of power, and those that kill have processes of their own.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx import create_ssl_context
from httpx._transports import default as transports

from services.kernel import sqlite
from services.kernel.pki import authority

PRAGMAS = sqlite.PRAGMAS
"""Those of the product."""


@contextmanager
def made() -> Iterator[None]:
    """Until the end of the context."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transports, "create_ssl_context", _trusting(cache(create_ssl_context)))
        patch.setattr(authority, "_server_key", _key(authority._server_key))
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        patch.setattr(sqlite, "PRAGMAS", tuple(
            "PRAGMA synchronous=OFF" if "synchronous" in each else each for each in PRAGMAS
        ))
        yield


def _trusting(known: Callable[..., ssl.SSLContext]) -> Callable[..., ssl.SSLContext]:
    def create(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        named = trust_env and {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys()
        if verify is not True or cert is not None or named:
            return create_ssl_context(verify, cert, trust_env)
        return known()

    return create


def _key(make: Callable[[Path], rsa.RSAPrivateKey]) -> Callable[[Path], rsa.RSAPrivateKey]:
    first = cache(lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return lambda path: make(path) if path.exists() else first()
