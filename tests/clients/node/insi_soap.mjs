// npm soap, generated from our WSDL, as vendors' clients use it: contexts by hand, a certificate.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import soap from "soap";

const [wsdl, endpoint, ca, identity] = process.argv.slice(2);
const WSA = "http://www.w3.org/2005/08/addressing";
const ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite";

const client = await soap.createClientAsync(wsdl, { forceSoap12Headers: true });
client.setEndpoint(endpoint);
const pem = readFileSync(identity);
client.setSecurity(new soap.ClientSSLSecurity(pem, pem, readFileSync(ca)));

async function search(nom, prenom, sexe, date, idam = "LSN17NF23FW0") {
  client.clearSoapHeaders();
  const common = () => ({ Id: randomUUID(), Temps: new Date().toISOString(), Emetteur: "10B0152872" });
  client.addSoapHeader({ ContexteBAM: {
    attributes: { Version: "01_02" }, ...common(), COUVERTURE: {},
  } }, "ContexteBAM", "ctxbam");
  client.addSoapHeader({ ContexteLPS: {
    attributes: { Nature: "CTXLPS", Version: "01_00" }, ...common(),
    LPS: {
      IDAM: { attributes: { R: "4" }, $value: idam }, Version: "1.0", Instance: randomUUID(),
      Nom: "urn:lps:ESSAI:1.0",
    },
  } }, "ContexteLPS", "ctxlps");
  client.addSoapHeader({ Action: ACTION }, "Action", "wsa", WSA);
  client.addSoapHeader({ MessageID: `uuid:${randomUUID()}` }, "MessageID", "wsa", WSA);
  const body = { NomNaissance: nom, Prenom: prenom, Sexe: sexe, DateNaissance: date };
  try {
    const [found] = await client.rechercherInsAvecTraitsIdentiteAsync(body);
    return found;
  } catch (error) {
    return { status: error.response?.status, fault: error.root?.Envelope?.Body?.Fault ?? String(error) };
  }
}

const zoe = await search("ADRUN", "ZOE", "F", "1975-12-31");
const nobody = await search("HOUILLES", "PIERRE", "M", "1993-01-27");
const fault = await search("ADRUN", "ZOE", "F", "1975-12-31", "FAKE-IDAM");
console.log(JSON.stringify({
  zoe: zoe.INDIVIDU?.INSACTIF?.IdIndividu, label: zoe.CR?.LibelleCR ?? zoe, nobody: nobody.CR ?? nobody,
  fault: [fault.status, fault.fault?.Detail?.Erreur?.attributes?.code ?? fault],
}));
