// npm openid-client, unmodified, as a software of the espace de confiance: discovery, CIBA with
// tls_client_auth, token exchange at the DMP's authorization server, introspection, a call of the
// API. Prints one JSON object.
// Usage: node openid_client_edc.mjs <HTTPS base> <HTTP base> <CA file> <certificate file> <id_nat>
import { readFileSync } from 'node:fs';
import https from 'node:https';
import * as client from 'openid-client';

const [secure, plain, ca, pem, idNat] = process.argv.slice(2);
const own = { ca: readFileSync(ca), cert: readFileSync(pem), key: readFileSync(pem) };

// The metadata give addresses in HTTP, where the sandbox says it is; certificates need HTTPS.
const over = (identity) => (url, options) => new Promise((resolve, reject) => {
  const request = https.request(String(url).replace(plain, secure), {
    method: options?.method, headers: Object.fromEntries(new Headers(options?.headers)),
    ...identity,
  }, (answer) => {
    const parts = [];
    answer.on('data', (part) => parts.push(part));
    answer.on('end', () => resolve(new Response(Buffer.concat(parts), {
      status: answer.statusCode, headers: answer.headers,
    })));
  });
  request.on('error', reject);
  request.end(options?.body ? String(options.body) : undefined);
});

const configured = async (metadata) => client.discovery(
  new URL(plain + metadata), 'lps-edc', undefined, client.TlsClientAuth(),
  { execute: [client.allowInsecureRequests], [client.customFetch]: over(own) },
);

const psc = await configured(
  '/psc/auth/realms/esante-wallet/.well-known/wallet-openid-configuration',
);
const asked = await client.initiateBackchannelAuthentication(psc, {
  scope: 'openid scope_all', login_hint: idNat, binding_message: '42', acr_values: 'eidas1',
  channel: 'MOBILE',
});
const tokens = await client.pollBackchannelAuthenticationGrant(psc, asked);

const dmp = await configured('/psc/edc/realms/dmp/.well-known/openid-configuration');
const exchanged = await client.genericGrantRequest(
  dmp, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: tokens.access_token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_issuer: 'psc', scope: 'openid dmp',
  },
);
const live = await client.tokenIntrospection(dmp, exchanged.access_token);
const renewed = await client.refreshTokenGrant(dmp, exchanged.refresh_token);

const patient = encodeURIComponent('urn:oid:1.2.250.1.213.1.4.10|279035121518989');
const read = `${plain}/dmp/fhir/DocumentReference?status=current&patient.identifier=${patient}`;
const status = async (identity) => (await over(identity)(read, {
  headers: { authorization: `Bearer ${renewed.access_token}` },
})).status;

console.log(JSON.stringify({
  psc: tokens.claims().SubjectNameID, api: exchanged.claims().SubjectNameID,
  expires_in: exchanged.expires_in, live: live.active, username: live.username,
  with_certificate: await status(own), without: await status({ ca: own.ca }),
}));
