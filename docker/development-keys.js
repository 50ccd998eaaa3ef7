/**
 * Writes the secrets with which docker/compose.yaml is tried: `node docker/development-keys.js`, after a build. They
 * are made on this machine and kept, so that a second run finds the data of the first readable. Never for a deployment.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadDevelopmentKeys,
  prepareKeyRing,
  prepareWrappingRings,
  publicJwk,
  redisUrlAs,
  redisUsersFile,
  serviceNames,
} from 'causeway/stack';

const folder = join(import.meta.dirname, '../.causeway/docker');

/**
 * Writes an environment file per service of the compose file, and the public key set.
 * @param {string} target
 */
export async function writeDevelopmentKeys(target) {
  mkdirSync(target, { recursive: true, mode: 0o700 });
  const keyRing = { ring: join(target, 'signing', 'ring.json'), keySet: join(target, 'jwks.json') };
  await prepareKeyRing(keyRing);
  const keys = loadDevelopmentKeys(target);
  const wrappingRings = {
    accounts: join(target, 'wrapping-keys', 'accounts.json'),
    session: join(target, 'wrapping-keys', 'session.json'),
    fanout: join(target, 'wrapping-keys', 'fanout.json'),
  };
  await prepareWrappingRings(wrappingRings, keys);
  const wrappingRing = (/** @type {keyof typeof wrappingRings} */ name) =>
    readFileSync(wrappingRings[name], 'utf8');
  const { admin, s3, kafka } = engineSecrets(target);
  const database = (/** @type {string} */ user, /** @type {string} */ password) =>
    `postgres://${user}:${password}@postgres:5432/causeway`;
  const publicKeys = serviceNames.map((name) => publicJwk(keys.serviceKeys[name]));
  /** @type {Record<(typeof serviceNames)[number], Record<string, string>>} */
  const own = {
    accounts: {
      CAUSEWAY_WRAPPING_KEY_RING: wrappingRing('accounts'),
      CAUSEWAY_IDENTIFIER_HMAC_KEY: keys.identifierHmacKey,
      CAUSEWAY_TOKEN_KEY_RING: readFileSync(keyRing.ring, 'utf8'),
    },
    keys: {},
    session: { CAUSEWAY_WRAPPING_KEY_RING: wrappingRing('session'), CAUSEWAY_DEDUPE_KEY: keys.dedupeKey },
    fanout: { CAUSEWAY_WRAPPING_KEY_RING: wrappingRing('fanout'), CAUSEWAY_WAKE_SECRET: keys.wakeSecret },
    media: { CAUSEWAY_S3_ACCESS_KEY: 'causeway', CAUSEWAY_S3_SECRET_KEY: s3 },
    webhooks: { CAUSEWAY_IDENTIFIER_HMAC_KEY: keys.identifierHmacKey },
  };
  for (const name of serviceNames) {
    writeEnvironment(target, name, {
      CAUSEWAY_DATABASE_URL: database(`causeway_${name}`, keys.databasePasswords[name]),
      CAUSEWAY_COORDINATION_URL: redisUrlAs('redis://redis:6379', name, keys.databasePasswords[name]),
      CAUSEWAY_EVENTS_USERNAME: `causeway_${name}`,
      CAUSEWAY_EVENTS_PASSWORD: keys.databasePasswords[name],
      CAUSEWAY_SERVICE_PRIVATE_KEY: JSON.stringify(keys.serviceKeys[name]),
      CAUSEWAY_SERVICE_KEYS: JSON.stringify({ keys: publicKeys }),
      ...own[name],
    });
  }
  writeEnvironment(target, 'migrate', {
    CAUSEWAY_ADMIN_DATABASE_URL: database('causeway', admin),
    CAUSEWAY_ROLE_PASSWORDS: JSON.stringify(keys.databasePasswords),
    CAUSEWAY_EVENTS_USERNAME: 'causeway',
    CAUSEWAY_EVENTS_PASSWORD: kafka,
  });
  writeEnvironment(target, 'postgres', { POSTGRES_PASSWORD: admin });
  writeEnvironment(target, 's3', { ROOT_ACCESS_KEY: 'causeway', ROOT_SECRET_KEY: s3 });
  const users = serviceNames.map((name) => `causeway_${name} ${keys.databasePasswords[name]}`);
  // Read in its container under an account of its own, as the Redis users are.
  const lines = [`causeway ${kafka}`, ...users].join('\n');
  writeFileSync(join(target, 'kafka-users'), `${lines}\n`, { mode: 0o644 });
  const hashOf = (/** @type {(typeof serviceNames)[number]} */ name) =>
    createHash('sha256').update(keys.databasePasswords[name]).digest('hex');
  // The server reads it under an account of its own.
  writeFileSync(join(target, 'redis-users.acl'), `${redisUsersFile(hashOf).join('\n')}\n`, { mode: 0o644 });
}

/** @param {string} target @returns {{ admin: string, s3: string, kafka: string }} */
function engineSecrets(target) {
  const file = join(target, 'engines.json');
  const secret = () => randomBytes(24).toString('base64url');
  // Those of an earlier run stay: the engines have data of them.
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const secrets = { admin: secret(), s3: secret(), kafka: secret(), ...before };
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

/** @param {string} target @param {string} name @param {Record<string, string>} values */
function writeEnvironment(target, name, values) {
  // No value holds a quote: they are base64, JSON of such, and addresses.
  const lines = Object.entries(values).map(([variable, value]) => `${variable}='${value}'\n`);
  writeFileSync(join(target, `${name}.env`), `# DEVELOPMENT KEYS\n${lines.join('')}`, { mode: 0o600 });
}

if (process.argv[1] === import.meta.filename) {
  await writeDevelopmentKeys(folder);
  console.log('development keys are in .causeway/docker');
}
