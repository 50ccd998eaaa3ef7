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

/** What a process of clients is told. */
export type Order =
  | { readonly do: 'log-in'; readonly first: number; readonly count: number; readonly perSecond: number }
  | { readonly do: 'rest'; readonly ms: number }
  /** After the loss of all: log in again. */
  | { readonly do: 'return'; readonly perSecond: number }
  | { readonly do: 'pings'; readonly ms: number }
  | { readonly do: 'close' };

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
  | { readonly kind: 'ours'; readonly target: NoiseTarget }
  | { readonly kind: 'bare'; readonly target: XmppTarget };

/** Logins that may be under way at a time. */
const atOnce = 8;
const pingEveryMs = 100;

process.on('disconnect', () => process.exit());
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
const members = new Map<number, Member>();
let lost: number[] = [];
let logIn: LogIn | undefined;
process.on('message', (message: Target | Order) => {
  if ('kind' in message) {
    logIn = message.kind === 'ours' ? noiseLogins(message.target) : bareLogins(message.target);
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

async function carriedOut(order: Order): Promise<Pick<Outcome, 'p99Ms'>> {
  switch (order.do) {
    case 'log-in':
      await logInAll(
        Array.from({ length: order.count }, (_, index) => order.first + index),
        order.perSecond,
      );
      return {};
    case 'return': {
      while (members.size > 0) await delay(5);
      const again = lost;
      lost = [];
      await logInAll(again, order.perSecond);
      return {};
    }
    case 'rest':
      await delay(order.ms);
      return {};
    case 'pings':
      return { p99Ms: await pings(order.ms) };
    case 'close':
      await Promise.all([...members.values()].map((member) => member.close()));
      members.clear();
      return {};
  }
}

/** At most so many a second, evenly, and a few at a time. */
async function logInAll(indexes: readonly number[], perSecond: number): Promise<void> {
  const startedAt = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < indexes.length) {
      const turn = next++;
      const index = indexes[turn] ?? 0;
      const wait = startedAt + (turn * 1_000) / perSecond - performance.now();
      if (wait > 0) await delay(wait);
      const member = await logIn?.(index, () => {
        if (members.delete(index)) lost.push(index);
      });
      if (member !== undefined) members.set(index, member);
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
      ?.ping()
      .then(() => void times.push(performance.now() - startedAt));
    if (answered !== undefined) waiting.push(answered);
    await delay(pingEveryMs);
  }
  await Promise.all(waiting);
  return percentile(times, 0.99);
}
