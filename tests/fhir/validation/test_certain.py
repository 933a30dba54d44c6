"""What is certain at first sight is what the full evaluation of FHIRPath says, odd shapes too."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from services.fhir.validation.fhirpath import Environment, Model, compiled
from services.fhir.validation.fhirpath.certain import certain
from services.fhir.validation.fhirpath.values import boolean
from services.fhir.validation.walk import Walk
from tests.fhir.validation.conftest import everything

Json = dict[str, Any]

ABSENT = object()
ODD: tuple[Any, ...] = (ABSENT, None, "", "x", 1, True, [], [None], ["x"], {}, {"id": "x"})
TWINS: tuple[Any, ...] = (ABSENT, None, {"extension": []}, [None], "x")
CODES = (*ODD, "history", "document", "transaction", "searchset", ["transaction"])
INSTANTS = (
    *ODD, "2020", "2021", "2020-01-31", "2020-01-30", "2020-02-31", "0001-01-01",
    "2020-01-01T10:00:00Z", "2020-01-01T11:00:00Z", "2020-01-01T10:00:00+02:00",
    "2020-01-01T11:00:00.5Z", "hier",
)
OBJECTS = (*ODD, {"resourceType": "Patient"}, [{"id": "x"}])
ENTRIES = (
    ABSENT, None, [], {}, [{}], [None], ["x"], [{"fullUrl": "urn:a"}, {"fullUrl": "urn:a"}],
    [{"fullUrl": "urn:a", "request": {"method": "PUT"}}, {"fullUrl": "urn:b", "request": {}}],
    [{"fullUrl": "urn:a", "resource": {"meta": {"versionId": "1"}}}, {"fullUrl": "urn:a1"}],
    [{"fullUrl": "urn:a", "resource": {"resourceType": "Patient", "meta": {}}, "request": {}}],
    [{"fullUrl": "urn:a", "request": {}}, {"fullUrl": "urn:b", "_request": {}}],
    [{"resourceType": "Patient", "fullUrl": "urn:a"}], [{"_fullUrl": {}, "search": {}}],
    [{"search": {"mode": "match"}}, {"response": {"status": "200"}}], [{"search": None}],
)
OF_RESOURCE = "(%resource.type = 'transaction' or %resource.type = 'history')"


@pytest.mark.parametrize(("rtype", "text", "members"), [
    ("Period", "start.hasValue().not() or end.hasValue().not() or (start <= end)",
     {"start": INSTANTS, "end": INSTANTS, "_end": TWINS, "resourceType": (ABSENT, "Patient")}),
    ("Bundle", f"entry.all(request.exists() = {OF_RESOURCE})", {"type": CODES, "entry": ENTRIES}),
    ("Bundle", "(type = 'history') or entry.where(fullUrl.exists())"
               ".select(fullUrl&resource.meta.versionId).isDistinct()",
     {"type": CODES, "entry": ENTRIES, "_type": TWINS}),
    ("Bundle", "type = 'document' implies (identifier.system.exists() and timestamp.hasValue())",
     {"type": CODES, "identifier": (*OBJECTS, {"system": "x"}, [{"system": "x"}, {"_system": {}}]),
      "timestamp": INSTANTS, "_timestamp": TWINS}),
    ("Bundle", "entry.search.empty() or (type = 'searchset')",
     {"type": CODES, "entry": ENTRIES, "_entry": TWINS}),
    ("Bundle", "type = 'document' implies entry.first().resource.is(Composition)",
     {"type": CODES, "entry": ENTRIES}),
    ("Organization", "(identifier.count() + name.count()) > 0",
     {"identifier": OBJECTS, "name": CODES, "_name": TWINS}),
    ("Attachment", "data.empty() or contentType.exists()",
     {"data": ODD, "contentType": ODD, "_data": TWINS, "_contentType": TWINS}),
    ("Attachment", "url.contains('x').not() and (title.exists() or size.hasValue()).not()",
     {"url": (*ODD, "axb", "ab"), "title": ODD, "size": ODD, "_url": TWINS}),
    ("Identifier", "use = 'x' and type.coding.code.exists()",
     {"use": ODD, "type": (*OBJECTS, {"coding": [{"code": "x"}]}, {"coding": [{}, None]},
                           {"coding": {"code": "x"}}), "_type": TWINS}),
    ("Patient", "deceased.exists() or active = true or birthDate = 'x'",
     {"deceasedBoolean": ODD, "active": ODD, "birthDate": ODD}),
])
def test_certain_is_what_the_evaluation_says(
    rtype: str, text: str, members: dict[str, tuple[Any, ...]]
) -> None:
    types = everything().types
    spec = types.spec(rtype)
    assert spec is not None
    sure, model, full = certain(text, spec, types), Model(types), compiled(text)
    seen = 0
    for values in product(*members.values()):
        value: Json = {"resourceType": rtype} if spec.sort == "resource" else {}
        value |= {
            name: one for name, one in zip(members, values, strict=True) if one is not ABSENT
        }
        walk = Walk(None, None)
        walk.resource = walk.root = value
        if sure is None or value.get("resourceType", rtype) != rtype or not sure(value, walk):
            continue
        seen += 1
        node = model.node(value, rtype)
        assert boolean(full(Environment(model, walk, node), [node])) is True, value
    assert seen > 0 or rtype == "Patient"
