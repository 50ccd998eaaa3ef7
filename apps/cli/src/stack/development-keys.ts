import { generateKeyPairSync, randomBytes, type JsonWebKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { serviceNames } from './service-names.js';

const Jwk = z.looseObject({ kty: z.string() });
const Secret = z.base64();

const DevelopmentKeys = z.object({
  identityProviderKey: Jwk,
  serviceKeys: z.record(z.enum(serviceNames), Jwk),
  /** The first wrapping keys of the services that seal. */
  keyEncryptionKey: Secret,
  noiseKeyEncryptionKey: Secret,
  webPushKeyEncryptionKey: Secret,
  dedupeKey: Secret,
  identifierHmacKey: Secret,
  wakeSecret: Secret,
  simulatorRootKey: Secret,
  /** Of each service’s user at every engine: a development stack needs no more than one. */
  databasePasswords: z.record(z.enum(serviceNames), z.string()),
});

/** Every secret of a development stack. Production mounts its own, each where it belongs. */
export type DevelopmentKeys = z.infer<typeof DevelopmentKeys>;

/** @returns the keys kept in the data folder; they are made on the first start. */
export function loadDevelopmentKeys(folder: string): DevelopmentKeys {
  const file = join(folder, 'keys.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  const complete = DevelopmentKeys.safeParse(kept);
  if (complete.success) return complete.data;
  // A stack of an earlier version has fewer of them.
  const keys = DevelopmentKeys.parse({ ...createKeys(), ...kept });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}

/** @returns a JWK's public half. */
export function publicJwk(jwk: JsonWebKey): JsonWebKey {
  const publicMembers = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'];
  return Object.fromEntries(Object.entries(jwk).filter(([member]) => publicMembers.includes(member)));
}

function createKeys(): DevelopmentKeys {
  const secret = () => randomBytes(32).toString('base64');
  const perService = <T>(make: (name: string) => T) =>
    Object.fromEntries(serviceNames.map((name) => [name, make(name)])) as Record<
      (typeof serviceNames)[number],
      T
    >;
  return {
    identityProviderKey: rsaKey('identity-provider'),
    serviceKeys: perService((name) => {
      const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      return { kty: 'OKP', crv: 'Ed25519', x: jwk.x, d: jwk.d, kid: `${name}.1` };
    }),
    keyEncryptionKey: secret(),
    noiseKeyEncryptionKey: secret(),
    webPushKeyEncryptionKey: secret(),
    dedupeKey: secret(),
    identifierHmacKey: secret(),
    wakeSecret: secret(),
    simulatorRootKey: secret(),
    databasePasswords: perService(() => randomBytes(24).toString('base64url')),
  };
}

function rsaKey(kid: string) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kty: 'RSA', kid, alg: 'RS256', use: 'sig' };
}
