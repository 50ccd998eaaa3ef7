/**
 * @typedef {object} Area
 * @property {string} about what it looks at
 * @property {Record<string, string>} env added to the environment
 * @property {string[]} tests arguments of `npm test --`; none where the area is a program of its own
 */

/** Campaigns that take too long for every run, by the name that `npm run verify -- NAME` takes. */
export const areas = /** @type {Record<string, Area>} */ ({
  readme: {
    about: 'README.md’s commands in a clean clone, `npm ci` and the unit suite included',
    env: { NIGHTLY: '1' },
    tests: ['--e2e', 'e2e/src/readme'],
  },
  restarts: {
    about: 'every member of both columns is killed under messages both ways',
    env: { NIGHTLY: '1', REQUIRE_ENGINES: '1' },
    tests: ['--e2e', 'e2e/src/restarts'],
  },
  faults: {
    about: 'engines, processes, networks, disks and clocks under fire, whole; ends with a table of trials',
    // One file at a time: what a trial takes to recover is to be its own.
    env: { NIGHTLY: '1', REQUIRE_ENGINES: '1', VITEST_MAX_WORKERS: '1' },
    tests: [
      '--int',
      '--e2e',
      'libs/platform/events/src/faults',
      'libs/platform/events/src/kafka/broker-restarts.int.test.ts',
      'libs/platform/outbox/src/crashes.int.test.ts',
      'libs/platform/coordination/src/faults',
      'libs/fanout/src/sockets/presence-rebuild.int.test.ts',
      'e2e/src/faults',
    ],
  },
  enumeration: {
    about:
      'thousands of answers about who is a user and who is not: a rank test finds no difference in their times',
    env: { NIGHTLY: '1', REQUIRE_ENGINES: '1', VITEST_MAX_WORKERS: '1' },
    tests: [
      '--int',
      'libs/webhooks/src/push/enumeration.int.test.ts',
      'libs/accounts/src/devices/enumeration.int.test.ts',
    ],
  },
  peers: {
    about: 'the wire against whatsmeow and wacore; needs Go and Rust. `peers record` writes the vectors anew',
    env: {},
    tests: [],
  },
  fuzz: {
    about: 'every property test with FUZZ_RUNS runs, up to FUZZ_SECONDS each, from FUZZ_SEED',
    env: {},
    tests: ['--unit'],
  },
});

/** Runs and seconds of each property, unless the environment says otherwise. */
const FUZZ_RUNS = '20000';
const FUZZ_SECONDS = '10';

/**
 * The command line of `npm run verify -- AREA [filters]`. Filters are parts of test file paths, or what `peers` does.
 * @param {string[]} argv arguments after the script's name
 * @returns {Area & { name: string, filters: string[] }}
 * @throws {Error} for an unknown area, with the list of those that there are
 */
export function areaOf([name = '', ...filters]) {
  const area = Object.hasOwn(areas, name) ? areas[name] : undefined;
  if (area !== undefined) return { ...area, name, filters };
  const list = Object.entries(areas).map(([known, { about }]) => `  ${known.padEnd(11)} ${about}`);
  throw new Error(`npm run verify -- AREA [filters], where AREA is one of\n${list.join('\n')}`);
}

/**
 * @param {Record<string, string | undefined>} environment
 * @param {number} seed taken when the environment has none
 * @returns {Record<string, string>} what makes property tests run longer (fuzz-setup.ts)
 */
export function fuzzEnvironment(environment, seed) {
  return {
    FUZZ_RUNS: environment['FUZZ_RUNS'] ?? FUZZ_RUNS,
    FUZZ_SECONDS: environment['FUZZ_SECONDS'] ?? FUZZ_SECONDS,
    FUZZ_SEED: environment['FUZZ_SEED'] ?? String(seed),
  };
}

/**
 * @param {string} record a line per property: how often it ran
 * @returns {string} the sum, for people
 */
export function fuzzSummary(record) {
  const runs = record.split('\n').filter((line) => line !== '');
  return `${runs.length} properties, ${runs.reduce((sum, line) => sum + Number(line), 0)} runs`;
}
