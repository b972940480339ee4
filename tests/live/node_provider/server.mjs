// A real oidc-provider for the tests. Clients register themselves (RFC 7591); a SIGHUP turns its
// keys over. Its own calls go by way of the test (`IDP_WAY_BACK`), whose gateway has no port.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

const { IDP_URL, IDP_PORT, IDP_KEYS, IDP_GATEWAY, IDP_WAY_BACK, IDP_TOKEN } = process.env;
const PEOPLE = {
  ada: { name: 'Ada Byron', groups: ['/engineering/platform'] },
  ben: { name: 'Ben Hur', groups: ['/finance/payroll'] },
};
const GCM = ['A128GCM', 'A256GCM'];

// Sessions and clients outlive the keys.
const adapter = createMemoryAdapter();

const configuration = () => ({
  adapter,
  jwks: JSON.parse(readFileSync(IDP_KEYS)),
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'groups'],
    email: ['email', 'email_verified'],
  },
  features: {
    backchannelLogout: { enabled: true },
    encryption: { enabled: true },
    jwtUserinfo: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true, initialAccessToken: IDP_TOKEN },
    rpInitiatedLogout: { enabled: true },
  },
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    userinfoSigningAlgValues: ['RS256', 'ES256'],
    clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'HS256'],
    idTokenEncryptionAlgValues: ['RSA-OAEP-256', 'ECDH-ES'],
    idTokenEncryptionEncValues: GCM,
    userinfoEncryptionAlgValues: ['RSA-OAEP-256', 'ECDH-ES'],
    userinfoEncryptionEncValues: GCM,
  },
  clientAuthMethods: [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    'private_key_jwt',
  ],
  cookies: { keys: [IDP_TOKEN] },
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  findAccount: (_ctx, id) => {
    const person = PEOPLE[id];
    return person && {
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: id,
        email: `${id}@corp.example`,
        email_verified: true,
        ...person,
      }),
    };
  },
  // Whoever signed in has agreed: the tests are about what follows.
  loadExistingGrant: async (ctx) => {
    const { Grant } = ctx.oidc.provider;
    const grant = new Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile email offline_access');
    await grant.save();
    return grant;
  },
  // Its own dispatcher calls nobody on this machine.
  fetch: (url, { dispatcher: _, ...options }) =>
    globalThis.fetch(String(url).replace(IDP_GATEWAY, IDP_WAY_BACK), options),
});

let provider;
const begin = () => {
  provider = new Provider(IDP_URL, configuration());
  for (const event of ['server_error', 'grant.error', 'backchannel.error']) {
    provider.on(event, (_ctx, error) => console.error(event, error));
  }
};
begin();
process.on('SIGHUP', begin);
createServer((request, response) => provider.callback()(request, response)).listen(
  Number(IDP_PORT),
  '127.0.0.1',
);
