// npm oidc-provider, in memory, with the clients that tests/oracle plays against both providers.
// Usage: node oidc_provider.mjs <port> <server key and certificate, PEM> <CA of clients, PEM>
// The person logs in and agrees by themselves, unless `login_hint` is `refuse`.
import https from 'node:https';
import { readFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { Provider, errors } from 'oidc-provider';

const [port, server, authorities] = process.argv.slice(2);
const pem = readFileSync(server);
const redirect = 'http://127.0.0.1:9099/retour';
const doctor = '899900000011';
const ciba = 'urn:openid:params:grant-type:ciba';
const grants = ['authorization_code', 'refresh_token'];
const common = { redirect_uris: [redirect], post_logout_redirect_uris: ['http://127.0.0.1:9099/sortie'] };
const asked = [];

const provider = new Provider(`https://127.0.0.1:${port}`, {
  clients: [
    { ...common, client_id: 'fs', client_secret: 'fs', grant_types: [...grants, ciba],
      backchannel_token_delivery_mode: 'poll' },
    { ...common, client_id: 'autre', client_secret: 'autre', grant_types: grants },
    { ...common, client_id: 'lps-edc', grant_types: grants,
      token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'lps-edc',
      tls_client_certificate_bound_access_tokens: true },
  ],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'tls_client_auth'],
  jwks: { keys: [{
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
    use: 'sig', alg: 'RS256', kid: 'oracle',
  }] },
  scopes: ['openid', 'profile', 'scope_all'],
  claims: { openid: ['sub'], scope_all: ['SubjectNameID'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, SubjectNameID: id }) }),
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  pkce: { required: () => false },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    mTLS: {
      enabled: true, certificateBoundAccessTokens: true, tlsClientAuth: true,
      getCertificate: (ctx) => {
        const peer = ctx.socket.getPeerCertificate();
        const text = peer.raw?.toString('base64').match(/.{1,64}/g).join('\n');
        return text && `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
      },
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, _, expected) =>
        ctx.socket.getPeerCertificate().subject?.CN === expected,
    },
    ciba: {
      enabled: true, deliveryModes: ['poll'],
      processLoginHint: (_, hint) => (hint === doctor ? hint : undefined),
      verifyUserCode: (_, account, code) => {
        if (code) throw new errors.InvalidRequest('user_code');
      },
      validateRequestContext: () => {},
      triggerAuthenticationDevice: (_, request) => { asked.push(request); },
    },
  },
});

async function grantOf(accountId, clientId, scope) {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  return grant.save();
}

provider.use(async (ctx, next) => {
  if (ctx.path === '/oracle/device') {
    const request = asked.at(-1);
    if (ctx.query.action === 'accept') {
      const id = await grantOf(request.accountId, request.clientId, request.scope);
      await provider.backchannelResult(request, id);
    } else {
      await provider.backchannelResult(request, new errors.AccessDenied('refused'));
    }
    ctx.status = 204;
    return;
  }
  if (!ctx.path.startsWith('/interaction/')) {
    await next();
    return;
  }
  const { prompt, params, session } = await provider.interactionDetails(ctx.req, ctx.res);
  let result;
  if (params.login_hint === 'refuse') {
    result = { error: 'access_denied', error_description: 'refused' };
  } else if (prompt.name === 'login') {
    result = { login: { accountId: doctor } };
  } else {
    result = { consent: {
      grantId: await grantOf(session.accountId, params.client_id, params.scope || 'openid') } };
  }
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
});

https.createServer(
  { key: pem, cert: pem, ca: readFileSync(authorities), requestCert: true, rejectUnauthorized: false },
  provider.callback(),
).listen(Number(port), '127.0.0.1');
