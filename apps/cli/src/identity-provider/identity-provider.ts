import { createServer, type Server } from 'node:http';
import type { JsonWebKey } from 'node:crypto';
import Provider, { type Configuration, type JWK, type ResourceServer } from 'oidc-provider';
import { AUDIENCE, BACKEND_CLIENT, CLIENT_ID, GRANT_TYPE } from './development-client.js';
import { developmentGrant } from './development-grant.js';
import { GrantMemory } from './grant-memory.js';

const TOKEN_SECONDS = 3600;
const RESOURCE = 'urn:causeway:api';

/** The API that access tokens are for: its services read them as signed JWTs. */
const resourceServer: ResourceServer = {
  scope: BACKEND_CLIENT.scope,
  audience: AUDIENCE,
  accessTokenFormat: 'jwt',
  accessTokenTTL: TOKEN_SECONDS,
  jwt: { sign: { alg: 'RS256' } },
};

/** A development identity provider: whoever asks for a token of a user gets it. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly tokenUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts the identity provider of development stacks (OpenID Connect, by oidc-provider). It knows every user name and
 * proves for it the e-mail address `<name>@example.org`; it also knows the provider's backend. Refused with NODE_ENV=production by who starts it.
 */
export async function startIdentityProvider(port: number, signingKey: JsonWebKey): Promise<IdentityProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, configuration(signingKey));
  provider.registerGrantType(GRANT_TYPE, developmentGrant(RESOURCE, resourceServer), ['username']);
  const handle = provider.callback();
  const server = createServer((request, response) => void handle(request, response));
  await listen(server, port);
  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    tokenUrl: `${issuer}/token`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function configuration(signingKey: JsonWebKey): Configuration {
  const memory = new GrantMemory();
  return {
    adapter: (kind) => memory.adapter(kind),
    jwks: { keys: [signingKey as JWK] },
    ttl: { AccessToken: TOKEN_SECONDS, ClientCredentials: TOKEN_SECONDS, Grant: TOKEN_SECONDS },
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: [GRANT_TYPE],
        response_types: [],
        redirect_uris: [],
      },
      {
        client_id: BACKEND_CLIENT.id,
        client_secret: BACKEND_CLIENT.secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => resourceServer,
      },
    },
    extraTokenClaims(_context, token) {
      if (token.kind !== 'AccessToken') return undefined;
      const name = token.accountId;
      return {
        email: `${name}@example.org`,
        email_verified: true,
        preferred_username: name,
        auth_time: now(),
      };
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
