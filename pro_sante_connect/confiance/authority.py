"""Which authorization server is called, and where it is."""

from __future__ import annotations

from pro_sante_connect.confiance import errors
from pro_sante_connect.confiance.apis import APIS, DMP_TOKEN, ROOT, Api, Form
from pro_sante_connect.domain.settings import settings_of
from services.kernel.exchange import Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant


def api_of(exchange: Exchange) -> Api:
    """The API whose server is called. Raises API_UNKNOWN."""
    name = "dmp" if exchange.path == DMP_TOKEN else exchange.path_params.get("api", "")
    api = APIS.get(name)
    if api is None:
        raise errors.API_UNKNOWN(at="adresse", expected=" ou ".join(APIS), found=name)
    return api


def form_of_api(exchange: Exchange, api: Api) -> Form:
    """Whose rules its server has in this tenant."""
    return settings_of(exchange.tenant).api_form or api.form


def issuer_of(exchange: Exchange, api: Api) -> str:
    """The `iss` of its tokens: at the sandbox's own address, by whichever name it is called."""
    return issuer(exchange.sandbox, exchange.tenant, api.id)


def issuer(sandbox: Sandbox, tenant: Tenant, api_id: str) -> str:
    return sandbox.public_url + tenant.url_prefix + ROOT.format(api=api_id)


def audience_of(exchange: Exchange, api: Api) -> str:
    """DEFAULT(audience of an API's token): its public address; source unknown."""
    path = "e-prescription" if api.id == "e_prescription" else api.id
    return f"{exchange.base_url}/{path}"
