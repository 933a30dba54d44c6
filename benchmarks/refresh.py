"""The refresh-token grant beside npm `oidc-provider`, and what it leaves to the others.

Both sign an access token and an ID token per answer, with the same algorithm and claims of the same
size, and rotate the refresh token. Ours is durable (SQLite on disk, `synchronous=FULL`) and keeps a
journal; the peer has its own in-memory store. It is installed into `var/`, where nothing is
committed.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from benchmarks.load import CONNECTIONS, Row, cpu_seconds, free_port, held, peer, sandbox
from pro_sante_connect.codes import CONNECT

REQUESTS, ROUNDS, LIMIT = 160, 25, 1.0
HEALTH_LIMIT, PROBES, PAUSE = 50.0, 300, 0.01
LOGINS, LOGIN_LIMIT = 30, 100.0
PACKAGE = "oidc-provider@9.13.3"
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "var" / "benchmarks" / "oidc-provider"
DOCTOR, CLIENT, RETURN = "899900000011", "socle-demo", "http://127.0.0.1:9099/retour"
ALGORITHMS = ("RS256", "ES256")
PEER = """
import { Provider } from 'oidc-provider';
import { generateKeyPairSync } from 'node:crypto';

const [port, alg, chains, size] = process.argv.slice(2);
const resource = 'urn:socle:mesure';
const accountId = '899900000011';
const filler = 'x'.repeat(Number(size));
const pair = alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  : generateKeyPairSync('rsa', { modulusLength: 2048 });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'socle-demo', client_secret: 'socle-demo',
    redirect_uris: ['http://127.0.0.1:9099/retour'],
    grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: alg,
  }],
  jwks: { keys: [
    { ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: 'mesure' },
  ] },
  rotateRefreshToken: true,
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], profile: ['filler'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, filler }) }),
  extraTokenClaims: () => ({ filler }),
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true, defaultResource: () => resource, useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'profile', accessTokenFormat: 'jwt', accessTokenTTL: 120, jwt: { sign: { alg } },
      }),
    },
  },
});
const client = await provider.Client.find('socle-demo');
const tokens = [];
for (let each = 0; each < Number(chains); each += 1) {
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope('openid profile');
  grant.addResourceScope(resource, 'profile');
  const token = new provider.RefreshToken({
    client, accountId, scope: 'openid profile', grantId: await grant.save(), resource,
    gty: 'authorization_code', authTime: Math.floor(Date.now() / 1000), sessionUid: 'mesure',
  });
  tokens.push(await token.save());
}
provider.use(async (ctx, next) => {
  if (ctx.path === '/chains') ctx.body = tokens;
  else await next();
});
provider.listen(Number(port), '127.0.0.1');
"""


@dataclass(slots=True)
class Target:
    """A server: its process, its token endpoint, and the refresh token of each connection."""

    pid: int
    url: str
    tokens: list[str]


def measure() -> list[Row]:
    """CPU ≤ that of the peer, RS256 and ES256; /health under that load; a headless log-in."""
    there = _installed()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=_disk()) as directory, sandbox(
        data=Path(directory)
    ) as ready:
        base = str(ready["http"])
        for algorithm in ALGORITHMS:
            rows += _beside(base, int(str(ready["pid"])), algorithm) if there else []
        if not there:
            rows.append(("refresh-token grant, npm peer", "npm could not install it", "", ""))
        return [*rows, _health(base, int(str(ready["pid"]))), *_logins(base)]


def _beside(base: str, pid: int, algorithm: str) -> list[Row]:
    ours = _ours(base, pid, algorithm)
    with _peer(algorithm, len(_payload(ours.tokens[0]))) as theirs:
        found = _spent_and_served({"ours": ours, "peer": theirs})
    ratio = statistics.median(
        cpu / peer_cpu for (cpu, _), (peer_cpu, _) in zip(
            found["ours"], found["peer"], strict=True))
    (cpu, rate), (peer_cpu, peer_rate) = (
        tuple(map(statistics.median, zip(*found[name], strict=True)))
        for name in ("ours", "peer"))
    return [
        (f"refresh-token grant {algorithm}, CPU ÷ npm oidc-provider", f"{ratio:.2f}",
         f"≤ {LIMIT:.1f}", held(ratio <= LIMIT)),
        ("… ours, durable: CPU per answer, answers per second", f"{cpu:.0f} µs, {rate:.0f}/s",
         "", ""),
        ("… peer, in memory", f"{peer_cpu:.0f} µs, {peer_rate:.0f}/s", "", ""),
    ]


def _payload(token: str) -> str:
    return token.split(".")[1]


def _ours(base: str, pid: int, algorithm: str) -> Target:
    """As many log-ins as connections, in a tenant that signs with this algorithm."""
    tenant = f"{base}/t/mesure-{algorithm.lower()}"
    httpx.put(f"{tenant}/sandbox/psc", json={"signature": algorithm},
              trust_env=False).raise_for_status()
    tokens = [_login(httpx.Client(trust_env=False), tenant)["refresh_token"]
              for _ in range(CONNECTIONS)]
    return Target(pid, f"{tenant}{CONNECT}/token", tokens)


@contextlib.contextmanager
def _peer(algorithm: str, size: int) -> Iterator[Target]:
    """The peer, with claims that make its tokens as long as ours."""
    port, script = free_port(), FOLDER / "peer.mjs"
    script.write_text(PEER)
    command = ["node", str(script), str(port), algorithm, str(CONNECTIONS), str(size * 3 // 4)]
    with peer(command, port, folder=FOLDER) as pid:
        url = f"http://127.0.0.1:{port}"
        tokens = httpx.get(f"{url}/chains", trust_env=False).json()
        yield Target(pid, f"{url}/token", tokens)


def _spent_and_served(targets: dict[str, Target]) -> dict[str, list[tuple[float, float]]]:
    """CPU (µs per answer) and answers per second of each round, in turn, the first dropped."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in targets}
    for each_round in range(ROUNDS + 1):
        for name, target in targets.items():
            before, began = cpu_seconds(target.pid), time.monotonic()
            _renew(target, REQUESTS)
            if each_round:
                spent = (cpu_seconds(target.pid) - before) / REQUESTS * 1e6
                rounds[name].append((spent, REQUESTS / (time.monotonic() - began)))
    return rounds


def _renew(target: Target, requests: int, until: threading.Event | None = None) -> None:
    """Each connection renews its own token; without end until the event, if there is one."""
    failures: list[str] = []

    def work(number: int) -> None:
        parts = urlsplit(target.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        left = requests // CONNECTIONS
        while not failures and (left > 0 if until is None else not until.is_set()):
            left -= 1
            body = urlencode({
                "grant_type": "refresh_token", "refresh_token": target.tokens[number],
                "client_id": CLIENT, "client_secret": CLIENT,
            })
            connection.request("POST", parts.path, body, FORM)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                failures.append(f"{target.url}: {answer.status} {content[:500]!r}")
                break
            target.tokens[number] = json.loads(content)["refresh_token"]
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise SystemExit(failures[0])


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _health(base: str, pid: int) -> Row:
    """99th percentile of /health while every connection asks for signatures."""
    target, over = _ours(base, pid, "RS256"), threading.Event()
    load = threading.Thread(target=_renew, args=(target, 0, over))
    load.start()
    waited: list[float] = []
    try:
        parts = urlsplit(base)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        for _ in range(PROBES):
            began = time.monotonic()
            connection.request("GET", "/health")
            connection.getresponse().read()
            waited.append((time.monotonic() - began) * 1000)
            time.sleep(PAUSE)
    finally:
        over.set()
        load.join()
    worst = statistics.quantiles(waited, n=100)[98]
    return ("/health while tokens are signed without a pause, 99th percentile",
            f"{worst:.1f} ms", f"< {HEALTH_LIMIT:.0f} ms", held(worst < HEALTH_LIMIT))


def _logins(base: str) -> Sequence[Row]:
    """Discovery, log-in, tokens, keys, userinfo, renewal, log-out: by a browser that is new."""
    taken: list[float] = []
    for _ in range(LOGINS):
        with httpx.Client(trust_env=False) as client:
            began = time.monotonic()
            tokens = _login(client, base)
            bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
            for url, headers in ((f"{base}{CONNECT}/certs", {}),
                                 (f"{base}{CONNECT}/userinfo", bearer)):
                client.get(url, headers=headers).raise_for_status()
            client.get(f"{base}{CONNECT}/logout", params={"id_token_hint": tokens["id_token"]})
            taken.append((time.monotonic() - began) * 1000)
    middle, slow = statistics.median(taken), statistics.quantiles(taken, n=20)[18]
    return [
        ("headless log-in, all hops (metadata, code, tokens, keys, userinfo, log-out)",
         f"{middle:.0f} ms", f"< {LOGIN_LIMIT:.0f} ms", held(middle < LOGIN_LIMIT)),
        ("… 95th percentile", f"{slow:.0f} ms", "", ""),
    ]


def _login(client: httpx.Client, base: str) -> dict[str, str]:
    """A log-in without a page: what the software receives."""
    about = client.get(
        f"{base}/psc/auth/realms/esante-wallet/.well-known/wallet-openid-configuration").json()
    back = client.get(about["authorization_endpoint"], params={
        "response_type": "code", "client_id": CLIENT, "redirect_uri": RETURN, "state": "s",
        "scope": "openid scope_all", "acr_values": "eidas1", "nonce": "n" * 43,
        "login_hint": DOCTOR,
    })
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    answer = client.post(about["token_endpoint"], auth=(CLIENT, CLIENT), data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": RETURN})
    content: dict[str, str] = answer.raise_for_status().json()
    return content


def _disk() -> Path:
    """A directory of the disk that the checkout is on: what is durable costs its price."""
    place = ROOT / "var" / "benchmarks"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _installed() -> bool:
    """Whether the npm peer is there, installed now if it can be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text('{"private":true}')
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE],
            cwd=FOLDER, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    return (FOLDER / "node_modules" / "oidc-provider").is_dir()
