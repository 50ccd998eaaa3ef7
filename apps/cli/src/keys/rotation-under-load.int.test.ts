import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '@causeway/testing';
import { simulatorProfile } from '../commands/environment.js';
import { DataRoot } from '../fixtures/data-root.js';
import { runInProcess } from '../fixtures/in-process.js';
import { ProviderUser } from '../journey/user.js';
import { stackPorts } from '../stack/ports.js';
import { startStack, type Stack } from '../stack/stack.js';

const PORT_BASE = 21_500;
const USERS = 6;
/** The gatekeeper fetches keys so often, and never because a token names one that it does not know. */
const FETCHES_MS = 10_000;
/** With the second after which webhooks looks at its file, and some for a busy machine. */
const FETCH_SECONDS = '14';
const WITHIN_MS = 15_000;

let root: DataRoot;
let stack: Stack;
let users: ProviderUser[];

beforeAll(async () => {
  root = new DataRoot();
  stack = await startStack({
    dataDir: root.path,
    ports: stackPorts(PORT_BASE),
    gatekeeper: {
      kind: 'simulator',
      custody: 'gatekeeper',
      profileTemplate: simulatorProfile,
      limits: { jwksMaxAgeMs: FETCHES_MS, jwksAgainMs: 3_600_000 },
    },
    fresh: true,
    environment: {},
    logLevel: 'info',
    log: () => undefined,
  });
  users = Array.from(
    { length: USERS },
    (_, n) => new ProviderUser(`u${n}`, stack.endpoints, stack.devicesFolder),
  );
  for (const user of users) await user.enter(WITHIN_MS);
}, 120_000);
afterAll(async () => {
  await Promise.all(users.map(({ device }) => device.close()));
  await stack.stop();
  await root.remove(PORT_BASE + 20);
}, 60_000);

async function rotate(seconds: string): Promise<void> {
  const environment = { CAUSEWAY_TOKEN_KEY_FETCH_SECONDS: seconds };
  const { code } = await runInProcess(['--data-root', root.path, 'keys', 'rotate'], environment);
  expect(code).toBe(0);
}

async function logins(outcome: 'success' | 'refused'): Promise<number> {
  const text = await (await fetch(`${stack.endpoints.services.session}/metrics`)).text();
  const found = new RegExp(`causeway_session_logins_total\\{[^}]*outcome="${outcome}"[^}]*\\} (\\d+)`).exec(
    text,
  );
  return Number(found?.[1] ?? 0);
}

/** The keys of the tokens that were given, in the order in which they were first used. */
const keysUsed = () => [
  ...new Set(root.log.flatMap(({ audit, signedWith }) => (audit === 'token' ? [signedWith] : []))),
];

/** Leaves and comes back, again and again, as a phone on a bad network does. */
async function comeAndGo({ device }: ProviderUser, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    device.disconnect();
    await delay(2_000 + Math.random() * 2_000);
    await device.connect(WITHIN_MS);
  }
}

it(
  'rotates under load without one failed login, which happens to who does not wait for the gatekeeper',
  { timeout: 180_000 },
  async () => {
    const ended = new AbortController();
    const load = Promise.all(users.map((user) => comeAndGo(user, ended.signal)));
    try {
      const before = await logins('success');
      await rotate(FETCH_SECONDS);
      await eventually(() => expect(keysUsed()).toHaveLength(2), { deadlineMs: 40_000, everyMs: 500 });
      await delay(5_000);
      const [succeeded, refused] = [(await logins('success')) - before, await logins('refused')];
      console.log(`${succeeded} logins during a rotation, ${refused} refused, ${keysUsed().length} keys`);
      expect(refused).toBe(0);
      expect(succeeded).toBeGreaterThan(USERS);

      // The gatekeeper may happen to fetch before accounts has seen the ring; not again and again.
      for (let tries = 0; tries < 5 && (await logins('refused')) === 0; tries++) {
        await rotate('0');
        await delay(FETCHES_MS);
      }
      expect(await logins('refused')).toBeGreaterThan(0);
    } finally {
      ended.abort();
      await load.catch(() => undefined);
    }
  },
);
