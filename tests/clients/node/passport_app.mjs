// npm passport, unmodified, in a web application with its two OpenID Connect strategies:
// passport-openidconnect ("classic") and that of openid-client ("modern").
// Prints its port, then serves /login/<strategy>, /callback/<strategy> and /logout until killed.
// Usage: node passport_app.mjs <discovery URL>
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as client from 'openid-client';
import { Strategy as Modern } from 'openid-client/passport';
import passport from 'passport';
import Classic from 'passport-openidconnect';

const [metadata] = process.argv.slice(2);
const config = await client.discovery(
  new URL(metadata), 'socle-demo', 'socle-demo', client.ClientSecretPost('socle-demo'),
  { execute: [client.allowInsecureRequests] },
);
const known = config.serverMetadata();

class WithLevel extends Modern {
  authorizationRequestParams(request, options) {
    const asked = super.authorizationRequestParams(request, options);
    asked.set('acr_values', 'eidas1');
    return asked;
  }
}

function strategies(base) {
  passport.use('classic', new Classic({
    issuer: known.issuer, authorizationURL: known.authorization_endpoint,
    tokenURL: known.token_endpoint, userInfoURL: known.userinfo_endpoint,
    clientID: 'socle-demo', clientSecret: 'socle-demo', callbackURL: `${base}/callback/classic`,
    scope: 'scope_all', acrValues: 'eidas1', nonce: true,
  }, (issuer, said, profile, context, idToken, accessToken, refreshToken, answer, done) => done(
    null, { userinfo: said._json, acr: context.class, idToken, refreshToken },
  )));
  passport.use('modern', new WithLevel({
    config, scope: 'openid scope_all', callbackURL: `${base}/callback/modern`,
  }, async (tokens, done) => done(null, {
    userinfo: await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub),
    acr: tokens.claims().acr, idToken: tokens.id_token, refreshToken: tokens.refresh_token,
  })));
}

const sessions = new Map();
const server = createServer((request, response) => {
  const base = `http://${request.headers.host}`;
  const url = new URL(request.url, base);
  const say = (status, content) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(content));
  };
  const cookie = /passport=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const id = sessions.has(cookie) ? cookie : randomUUID();
  if (id !== cookie) response.setHeader('set-cookie', `passport=${id}; Path=/; HttpOnly`);
  const session = sessions.get(id) ?? {};
  sessions.set(id, session);
  // What Express gives.
  Object.assign(request, {
    session, query: Object.fromEntries(url.searchParams), protocol: 'http', host: url.host,
    originalUrl: request.url, connection: request.socket,
  });

  if (url.pathname === '/logout') {
    const leaving = client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: `${base}/out`, id_token_hint: session.user.idToken, state: id,
    });
    sessions.delete(id);
    response.writeHead(302, { location: leaving.href });
    response.end();
    return;
  }
  if (url.pathname === '/out') return say(200, { back: url.searchParams.get('state') === cookie });
  if (url.pathname === '/renew') {
    client.refreshTokenGrant(config, session.user.refreshToken).then(
      (tokens) => {
        session.user.refreshToken = tokens.refresh_token;
        say(200, { renewed: tokens.expires_in });
      },
      (error) => say(502, { error: error.error }),
    );
    return;
  }
  const strategy = url.pathname.split('/').pop();
  passport.authenticate(strategy, { session: false }, (error, user, info) => {
    if (error) return say(500, { error: String(error) });
    if (!user) return say(401, { refused: info?.message });
    session.user = user;
    return say(200, { acr: user.acr, ...user.userinfo });
  })(request, response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  strategies(`http://127.0.0.1:${port}`);
  console.log(port);
});
