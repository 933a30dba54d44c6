"""`socle certificate …`: client certificates, good and bad, and authorities of others."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from services.commands.options import DEFAULT_URL, Json, TenantName, Url, group

certificate_app = group("Certificats clients et autorités.")

PEM = re.compile("-----BEGIN (CERTIFICATE|PKCS7|X509 CRL)-----")
PRIVATE = 0o600


@certificate_app.command("issue")
def issue(
    out: Annotated[Path, typer.Option(help="Dossier où écrire les fichiers.")] = Path(),
    cn: Annotated[str, typer.Option(help="Nom du logiciel (socle-demo).")] = "",
    ou: Annotated[str, typer.Option(help="Identifiant national de la structure.")] = "",
    id_nat: Annotated[str, typer.Option(help="Un professionnel : un certificat à son nom.")] = "",
    variant: Annotated[str, typer.Option(
        help="valid, expired, not_yet_valid, revoked, wrong_usage, wrong_name ou self_signed."
    )] = "valid",
    key: Annotated[str, typer.Option(help="rsa ou ec.")] = "rsa",
    password: Annotated[str, typer.Option(help="Mot de passe du PKCS#12.")] = "socle",
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Délivre un certificat : PEM, clé et PKCS#12, avec la racine du bac à sable."""
    from services import client

    body = {"variant": variant, "key": key, "password": password}
    body |= {"kind": "person", "id_nat": id_nat} if id_nat else {"kind": "org_auth_cli"}
    body |= {name: value for name, value in (("cn", cn), ("ou", ou)) if value}
    made = client.request("POST", "/certificates", url, tenant, body)
    written = _write(made, out)
    if as_json:
        client.show(made | {"files": [str(path) for path in written]}, True)
        return
    typer.echo(f"{made['subject']}\nnuméro {made['serial']}, jusqu'au {made['not_after']}")
    for path in written:
        typer.echo(f"    {path}")


@certificate_app.command("list")
def list_certificates(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Les certificats délivrés dans l'espace."""
    from services import client

    content = client.request("GET", "/certificates", url, tenant)
    if as_json:
        client.show(content, True)
        return
    for each in content["certificates"]:
        state = f"révoqué le {each['revoked_at']}" if each["revoked_at"] else each["variant"]
        typer.echo(f"{each['serial']:42} {each['cn']:24} {state}")


@certificate_app.command("revoke")
def revoke(
    serial: Annotated[str, typer.Argument(help="Numéro de série, en hexadécimal.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Révoque un certificat."""
    from services import client

    found = client.request("POST", f"/certificates/{serial}/revoke", url, tenant, {})
    if as_json:
        client.show(found, True)
    else:
        typer.echo(f"{found['subject']}\nrévoqué le {found['revoked_at']}")


@certificate_app.command("server")
def server(
    name: Annotated[str, typer.Argument(help="Un nom servi, ou * pour tous.")] = "",
    flaw: Annotated[str, typer.Argument(
        help="expired, not_yet_valid, wrong_name, self_signed, untrusted, revoked ; valid : le bon."
    )] = "valid",
    url: Url = DEFAULT_URL, as_json: Json = False,
) -> None:
    """Les noms dont le certificat serveur est mauvais à dessein, ou un nom de plus ou de moins."""
    from services import client

    body = {"name": name, "flaw": None if flaw == "valid" else flaw}
    path = "/certificates/server"
    content = (client.request("PUT", path, url, "default", body) if name
               else client.request("GET", path, url, "default"))
    if as_json:
        client.show(content, True)
        return
    for each in content["names"]:
        typer.echo(f"{each['name']:40} {each['flaw']}")


@certificate_app.command("trust")
def trust(
    files: Annotated[list[Path], typer.Argument(
        help="Certificats : PEM, DER (.cer) ou .p7b ; listes de révocation : PEM ou .crl."
    )],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """Accepte aussi les certificats clients de ces autorités, sauf ceux qu'elles ont révoqués."""
    from services import client

    pem = "".join(_as_pem(path) for path in files)
    _show_anchors(
        client.request("POST", "/certificates/anchors", url, tenant, {"pem": pem}), as_json
    )


@certificate_app.command("anchors")
def anchors(
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False
) -> None:
    """Les autorités acceptées, en plus de celles du bac à sable."""
    from services import client

    _show_anchors(client.request("GET", "/certificates/anchors", url, tenant), as_json)


@certificate_app.command("distrust")
def distrust(
    fingerprint: Annotated[str, typer.Argument(help="Empreinte SHA-256, en hexadécimal.")],
    url: Url = DEFAULT_URL, tenant: TenantName = "default", as_json: Json = False,
) -> None:
    """N'accepte plus une autorité."""
    from services import client

    client.call("DELETE", f"/certificates/anchors/{fingerprint}", url, tenant, as_json)


def _write(made: dict[str, Any], folder: Path) -> list[Path]:
    """The certificate with its chain, its key, both as PKCS#12; private ones for the owner."""
    name = re.sub(r"[^\w.-]+", "-", made["cn"])
    if made["variant"] not in ("valid", "wrong_name"):
        name += f"-{made['variant']}"
    contents = {
        ".pem": (made["certificate"] + made["chain"]).encode(),
        ".key": made["private_key"].encode(), ".p12": base64.b64decode(made["pkcs12"]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for suffix, content in contents.items():
        path = folder / f"{name}{suffix}"
        path.touch(mode=PRIVATE)
        path.chmod(PRIVATE)
        path.write_bytes(content)
        paths.append(path)
    return paths


def _as_pem(path: Path) -> str:
    """Certificates of a file in any of the forms in which authorities are published."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    from services import client

    try:
        content = path.read_bytes()
        found = PEM.search(content.decode("latin-1"))
        if found is not None and found[1] == "X509 CRL":
            return content.decode()
        if found is None and path.suffix == ".crl":
            return x509.load_der_x509_crl(content).public_bytes(Encoding.PEM).decode()
        if found is not None and found[1] == "CERTIFICATE":
            certificates = x509.load_pem_x509_certificates(content)
        elif found is not None:
            certificates = pkcs7.load_pem_pkcs7_certificates(content)
        elif path.suffix == ".p7b":
            certificates = pkcs7.load_der_pkcs7_certificates(content)
        else:
            certificates = [x509.load_der_x509_certificate(content)]
    except (OSError, ValueError) as error:
        client.fail(f"Aucun certificat lisible dans {path} ({error}).")
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates).decode()


def _show_anchors(content: dict[str, Any], as_json: bool) -> None:
    from services import client

    if as_json:
        client.show(content, True)
        return
    for place, origin in (("anchors", "espace"), ("installation", "installation")):
        for each in content[place]:
            typer.echo(f"{each['fingerprint']}  {origin:12} {each['subject']}")
    for each in content["lists"]:
        typer.echo(f"liste du {each['updated_at']}, {each['revoked']} révoqués : {each['issuer']}")
