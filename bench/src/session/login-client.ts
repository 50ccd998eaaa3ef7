import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../harness/statistics.js';
import {
  bareLogins,
  noiseLogins,
  type LogIn,
  type Member,
  type NoiseTarget,
  type XmppTarget,
} from './login-fleet.js';
import { sessionLogins, type SessionTarget } from './login-sessions.js';

/** What a process of clients is told. */
export type Order =
  | { readonly do: 'log-in'; readonly first: number; readonly count: number; readonly perSecond: number }
  | { readonly do: 'rest'; readonly ms: number }
  /** All are lost, and log in again by themselves. */
  | { readonly do: 'come-back'; readonly withinMs: number }
  | { readonly do: 'pings'; readonly ms: number };

/** What it used, and found, from the order to its end. */
export interface Outcome {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** After garbage collection. */
  readonly rssKb: number;
  readonly heapKb: number;
  /** Of round trips, where they were asked for. */
  readonly p99Ms?: number;
}

export type Target =
  /** Whole sessions. */
  | { readonly kind: 'ours'; readonly target: SessionTarget }
  /** Upstream connections alone. */
  | { readonly kind: 'connections'; readonly target: NoiseTarget }
  | { readonly kind: 'bare'; readonly target: XmppTarget };

/** Logins that may be under way at a time. */
const atOnce = 8;
const pingEveryMs = 100;
/** What a session does behind its login, such as counting keys, belongs to the login. */
const settleMs = 500;
const lookMs = 50;

process.on('disconnect', () => process.exit());
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
const members = new Map<number, Member>();
/** How many of them are logged in. */
let open = 0;
let logIn: Promise<LogIn> | undefined;

process.on('message', (message: Target | Order) => {
  if ('kind' in message) {
    logIn = loginsOf(message);
    return;
  }
  void measured(message).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});

async function loginsOf({ kind, target }: Target): Promise<LogIn> {
  if (kind === 'bare') return bareLogins(target);
  return kind === 'ours' ? sessionLogins(target) : noiseLogins(target);
}

async function measured(order: Order): Promise<Outcome> {
  const [cpu, startedAt] = [process.cpuUsage(), performance.now()];
  const found = await carriedOut(order);
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - startedAt;
  // Twice: what the first round frees may hold more.
  collect();
  await delay(200);
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuMs: (user + system) / 1000, wallMs, rssKb: rss / 1024, heapKb: heapUsed / 1024, ...found };
}

async function carriedOut(order: Order): Promise<Partial<Outcome>> {
  const startedAt = performance.now();
  switch (order.do) {
    case 'log-in':
      await logInAll(
        Array.from({ length: order.count }, (_, index) => order.first + index),
        order.perSecond,
      );
      return settled(startedAt);
    case 'come-back':
      await waitFor(() => open === 0, order.withinMs);
      await waitFor(() => open === members.size, order.withinMs);
      return settled(startedAt);
    case 'rest':
      await delay(order.ms);
      return {};
    case 'pings':
      return { p99Ms: await pings(order.ms) };
  }
}

async function settled(startedAt: number): Promise<Partial<Outcome>> {
  const wallMs = performance.now() - startedAt;
  await delay(settleMs);
  return { wallMs };
}

async function waitFor(condition: () => boolean, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`${open} of ${members.size} clients are logged in`);
    await delay(lookMs);
  }
}

/** At most so many a second, evenly, and a few at a time. */
async function logInAll(indexes: readonly number[], perSecond: number): Promise<void> {
  const logInOne = await logIn;
  if (logInOne === undefined) throw new Error('no target');
  const startedAt = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < indexes.length) {
      const turn = next++;
      const index = indexes[turn] ?? 0;
      const wait = startedAt + (turn * 1_000) / perSecond - performance.now();
      if (wait > 0) await delay(wait);
      const member = await logInOne(index, { lost: () => (open -= 1), back: () => (open += 1) });
      open += 1;
      members.set(index, member);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** One round trip of each session in turn, at a fixed pace, whether or not the last one is back. */
async function pings(ms: number): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + ms;
  const all = [...members.values()];
  const waiting: Promise<void>[] = [];
  for (let turn = 0; performance.now() < until; turn++) {
    const startedAt = performance.now();
    const answered = all[turn % all.length]
      ?.ping?.()
      .then(() => void times.push(performance.now() - startedAt));
    if (answered !== undefined) waiting.push(answered);
    await delay(pingEveryMs);
  }
  await Promise.all(waiting);
  return percentile(times, 0.99);
}
