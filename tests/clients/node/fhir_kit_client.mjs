// npm fhir-kit-client, unmodified: argument 1 is the FHIR base. Prints what it saw, as JSON.
import { Client } from "fhir-kit-client";

const client = new Client({ baseUrl: process.argv[2] });
const seen = {};

seen.fhirVersion = (await client.capabilityStatement()).fhirVersion;
const made = await client.create({
  resourceType: "Patient", body: { resourceType: "Patient", name: [{ family: "Durand" }] },
});
const { id } = made;
seen.read = (await client.read({ resourceType: "Patient", id })).name[0].family;
await client.update({ resourceType: "Patient", id, body: { ...made, gender: "female" } });
await client.patch({
  resourceType: "Patient", id, jsonPatch: [{ op: "add", path: "/active", value: true }],
});
seen.vread = (await client.vread({ resourceType: "Patient", id, version: "2" })).gender;
seen.history = (await client.resourceHistory({ resourceType: "Patient", id })).entry.length;

const mother = "urn:uuid:0b9a1c9e-0000-4000-8000-000000000001";
const bundle = await client.transaction({
  body: {
    resourceType: "Bundle", type: "transaction", entry: [
      { fullUrl: mother, resource: { resourceType: "Patient" },
        request: { method: "POST", url: "Patient" } },
      { resource: { resourceType: "Observation", status: "final", code: { text: "x" },
          subject: { reference: mother } },
        request: { method: "POST", url: "Observation" } },
    ],
  },
});
seen.transaction = bundle.entry.map((entry) => entry.response.status);

let page = await client.resourceSearch({
  resourceType: "Patient", searchParams: { _count: 1, _sort: "_lastUpdated" },
});
seen.pages = 0;
while (page) {
  seen.pages += 1;
  page = await client.nextPage({ bundle: page });
}
const found = await client.resourceSearch({
  resourceType: "Observation", searchParams: { _include: "Observation:subject" },
});
seen.modes = found.entry.map((entry) => entry.search.mode);
await client.delete({ resourceType: "Patient", id });
seen.gone = await client.read({ resourceType: "Patient", id }).catch((error) => error.response.status);
console.log(JSON.stringify(seen));
