"""Tables of FHIR resources and their search indexes, for every service that keeps resources.

`fhir_resource` holds the current versions; `fhir_version` the former ones and the deletions (empty
content), so that a first version costs nothing more. Uris are indexed as tokens without a system;
numbers as quantities without a unit (see `services.fhir.numbers`).

Index tables are clustered by resource (deletion, further conditions) and indexed by value, then
newest first: a search that starts from one value walks its page in order and stops there. Rows of
what no search starts from (`leads` 0, see `criteria.Parameter`) are in the first of the two only:
by value, each would be a page of its own to write.
"""

from __future__ import annotations

from sqlalchemy import Index, literal_column

from services.kernel.schema import blob, number, tenant_table, text

_OWNER = ("service", "rtype")
LEADS = literal_column("leads") == literal_column("1")


def _by_value(name: str, *columns: str) -> Index:
    """An index of the rows that a search may start from; all that the search asks is in it."""
    return Index(
        name, "tenant_id", *_OWNER, "param", *columns, "leads", sqlite_where=LEADS,
        postgresql_where=LEADS,
    )


fhir_resource = tenant_table(
    "fhir_resource", text("service"), text("rtype"), text("rid"), number("vid"),
    number("updated"), blob("content"),
    Index("ix_fhir_resource_newest", "tenant_id", *_OWNER, "updated", "rid"),
    key=(*_OWNER, "rid"), clustered=False,
)
fhir_version = tenant_table(
    "fhir_version", text("service"), text("rtype"), text("rid"), number("vid"),
    number("updated"), blob("content"),
    Index("ix_fhir_version_newest", "tenant_id", *_OWNER, "updated", "rid", "vid"),
    key=(*_OWNER, "rid", "vid"), clustered=False,
)
fhir_token = tenant_table(
    "fhir_token", text("service"), text("rtype"), text("rid"), text("param"), text("system"),
    text("code"), number("updated"), number("leads", default=1),
    _by_value("ix_fhir_token_value", "code", "updated", "rid", "system"),
    key=(*_OWNER, "rid", "param", "code", "system"),
)
fhir_reference = tenant_table(
    "fhir_reference", text("service"), text("rtype"), text("rid"), text("param"),
    text("target_type"), text("target_id"), number("updated"),
    Index(
        "ix_fhir_reference_value", "tenant_id", *_OWNER, "param", "target_id", "updated",
        "rid", "target_type",
    ),
    key=(*_OWNER, "rid", "param", "target_id", "target_type"),
)
fhir_string = tenant_table(
    "fhir_string", text("service"), text("rtype"), text("rid"), text("param"), text("norm"),
    text("exact"), number("updated"), number("leads", default=1),
    _by_value("ix_fhir_string_value", "norm", "rid"),
    key=(*_OWNER, "rid", "param", "norm", "exact"),
)
fhir_date = tenant_table(
    "fhir_date", text("service"), text("rtype"), text("rid"), text("param"), number("lo"),
    number("hi"), number("updated"), number("leads", default=1),
    _by_value("ix_fhir_date_value", "lo", "hi", "rid"),
    _by_value("ix_fhir_date_end", "hi", "lo", "rid"),
    key=(*_OWNER, "rid", "param", "lo", "hi"),
)
fhir_quantity = tenant_table(
    "fhir_quantity", text("service"), text("rtype"), text("rid"), text("param"), number("lo"),
    number("hi"), text("system"), text("code"), number("updated"), number("leads", default=1),
    _by_value("ix_fhir_quantity_value", "lo", "hi", "rid"),
    _by_value("ix_fhir_quantity_end", "hi", "lo", "rid"),
    key=(*_OWNER, "rid", "param", "lo", "hi", "code", "system"),
)

INDEXES = {
    "token": fhir_token, "reference": fhir_reference, "string": fhir_string, "date": fhir_date,
    "quantity": fhir_quantity,
}
