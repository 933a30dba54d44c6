// npm openid-client, unmodified: discovery, code flow with PKCE, userinfo, refresh, introspection,
// revocation, logout. Prints one JSON object.
// Usage: node openid_client.mjs <discovery URL> <id_nat>
import * as client from 'openid-client';

const [metadata, idNat] = process.argv.slice(2);
const redirect = 'http://127.0.0.1:9099/retour';
const config = await client.discovery(
  new URL(metadata), 'socle-demo', 'socle-demo', client.ClientSecretBasic('socle-demo'),
  { execute: [client.allowInsecureRequests] },
);

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: redirect, scope: 'openid scope_all', acr_values: 'eidas1', login_hint: idNat,
  state, nonce, code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});

const callback = await fetch(url, { redirect: 'manual' });
const tokens = await client.authorizationCodeGrant(
  config, new URL(callback.headers.get('location')),
  { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
);
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const live = await client.tokenIntrospection(config, renewed.access_token);
await client.tokenRevocation(config, renewed.access_token);
const dead = await client.tokenIntrospection(config, renewed.access_token);
const leaving = client.buildEndSessionUrl(config, {
  post_logout_redirect_uri: 'http://127.0.0.1:9099/sortie', id_token_hint: renewed.id_token, state,
});
const left = await fetch(leaving, { redirect: 'manual' });

console.log(JSON.stringify({
  acr: claims.acr, id_nat: userinfo.SubjectNameID, expires_in: tokens.expires_in,
  renewed: renewed.access_token !== tokens.access_token, live: live.active, dead: dead.active,
  logged_out: left.headers.get('location') === `http://127.0.0.1:9099/sortie?state=${state}`,
}));
