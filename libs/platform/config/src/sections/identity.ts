import { z } from 'zod';
import { defineConfig } from '../section.js';
import { json, url } from '../values.js';
import { certificatesField } from './tls.js';

const coordinate = z.string().regex(/^[\w-]{43}$/);
const publicKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: coordinate,
  kid: z.string().min(1).max(128),
  alg: z.literal('EdDSA').optional(),
  use: z.literal('sig').optional(),
});
const privateKey = z.strictObject({ ...publicKey.shape, d: coordinate });
const keySet = z.strictObject({ keys: z.array(publicKey).min(1).max(32) });

/** An Ed25519 key with which services prove who they are; `kid` is the service's name, or begins with it and a dot. */
export type ServicePublicKey = z.output<typeof publicKey>;
export type ServicePrivateKey = z.output<typeof privateKey>;
export type ServiceKeySet = z.output<typeof keySet>;

/** How services know each other. */
export const serviceIdentitySection = defineConfig(
  'Service identity',
  {
    SERVICE_PRIVATE_KEY: {
      schema: json(privateKey),
      doc: 'Ed25519 key of this service as a JWK with `d`; its `kid` is the service’s name, or begins with it and a dot.',
      secret: true,
      example: '{"kty":"OKP","crv":"Ed25519","kid":"accounts.1","x":"…","d":"…"}',
    },
    SERVICE_KEYS: {
      schema: json(keySet),
      doc: 'JWKS of the public keys of all services, of each the new key beside the old one while it is rotated.',
      file: true,
      example: '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"accounts.1","x":"…"}]}',
    },
  },
  ({ SERVICE_PRIVATE_KEY: own, SERVICE_KEYS: { keys } }) =>
    keys.some(({ kid, x }) => kid === own.kid && x === own.x)
      ? undefined
      : 'CAUSEWAY_SERVICE_KEYS does not hold the public part of CAUSEWAY_SERVICE_PRIVATE_KEY',
);

/** The provider's identity provider, which issues the access tokens of its users. */
export const oidcSection = defineConfig('Identity provider', {
  OIDC_ISSUER: {
    schema: url('https', 'http'),
    doc: 'Issuer of access tokens, compared exactly.',
    example: 'https://id.example.org',
  },
  OIDC_AUDIENCE: {
    schema: z.string().min(1).max(256),
    doc: 'Audience that access tokens must name.',
    example: 'causeway',
  },
  OIDC_JWKS_URL: {
    schema: url('https', 'http'),
    doc: 'Address of the issuer’s key set. The only host that tokens can make us call.',
    example: 'https://id.example.org/jwks',
  },
  OIDC_CA: certificatesField('Authorities of that host’s certificate, PEM; those of the system by default.'),
  OIDC_RIGHTS_CLAIM: {
    schema: z.string().min(1).max(64).default('scope'),
    doc: 'Claim of access tokens that holds the rights of the provider’s backend (`causeway:…`): a text with blanks between them, or a list.',
  },
});
