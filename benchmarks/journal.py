"""What the journal costs on the barest read there is, the public keys of the identity provider."""

from __future__ import annotations

from benchmarks.load import Row, cpu_per_request, held, sandbox
from pro_sante_connect import codes

REQUESTS, ROUNDS, LIMIT = 4000, 5, 1.5
READ = f"{codes.CONNECT}/certs"
WITHOUT = """
from services.kernel.gateway import Gateway
Gateway._record = lambda *_, **__: None
from services.cli import main
main()
"""


def measure() -> list[Row]:
    """CPU per request ≤ 1.5 × that of the same server which records nothing."""
    with sandbox() as ready, sandbox(command=("-c", WITHOUT)) as without:
        spent = cpu_per_request({
            name: (int(str(each["pid"])), f"{each['http']}{READ}", {})
            for name, each in (("with", ready), ("without", without))
        }, REQUESTS, ROUNDS)
    ratio = spent["with"] / spent["without"]
    return [
        ("barest read, CPU with the journal ÷ without", f"{ratio:.2f}", f"≤ {LIMIT}",
         held(ratio <= LIMIT)),
        ("… with, CPU per request", f"{spent['with']:.0f} µs", "", ""),
        ("… without", f"{spent['without']:.0f} µs", "", ""),
    ]
