import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noiseAgreementContext } from '@causeway/contracts/upstream';
import { generateStaticKey } from '@causeway/noise';
import { createRelayKey, RelaySeal } from '@causeway/relay';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceStore } from '../store/device-store.js';
import { NoiseKey } from './noise-key.js';

let folder: string;
let store: DeviceStore;
let now = 0;
let key: NoiseKey;
const clock = { now: () => now } as never;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-noise-key-'));
  store = DeviceStore.open(join(folder, 'device.sqlite'), 'simulator');
  now = 1_000;
  key = new NoiseKey(store.meta, clock);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function ask(change: Partial<Parameters<NoiseKey['answer']>[0]> = {}) {
  const peer = generateStaticKey();
  const relay = createRelayKey();
  const remotePublicKey = Buffer.from(peer.key.publicKey()).toString('base64');
  const question = {
    correlationId: 'c1',
    deadline: now + 1,
    remotePublicKey,
    relayKey: relay.publicKey,
    ...change,
  };
  return { peer, relay, question, answer: key.answer(question) };
}

describe('the device’s Noise key', () => {
  it('is made once, survives a restart, and is another one after it was forgotten', () => {
    const made = key.publicKey();
    expect(key.publicKey()).toBe(made);
    expect(new NoiseKey(store.meta, clock).publicKey()).toBe(made);
    key.forget();
    expect(key.publicKey()).not.toBe(made);
  });

  it('agrees with the gatekeeper’s key, sealed to whoever asked and to that key', async () => {
    const own = Buffer.from(key.publicKey(), 'base64');
    const { peer, relay, question, answer } = ask();
    if (answer === undefined || 'refused' in answer) throw new Error('it refused');
    const seal = new RelaySeal('session', relay, answer.relayKey, 'noise.dh c1');
    const secret = seal.open(noiseAgreementContext('c1', question.remotePublicKey), answer.sealed);
    expect(secret).toEqual(Buffer.from(await peer.key.dh(own)));
    expect(() => seal.open(noiseAgreementContext('c1', key.publicKey()), answer.sealed)).toThrow();
  });

  it.each([
    ['noise_key_bad', { remotePublicKey: Buffer.alloc(32).toString('base64') }],
    ['noise_key_bad', { relayKey: Buffer.alloc(32).toString('base64') }],
    ['noise_key_bad', { remotePublicKey: randomBytes(5).toString('base64') }],
  ])('refuses with %s what is no key', (refused, change) => {
    key.publicKey();
    expect(ask(change).answer).toEqual({ refused });
  });

  it('refuses without a key, a gatekeeper’s key that comes again, and more than an hour needs', () => {
    expect(ask().answer).toEqual({ refused: 'noise_key_unknown' });
    key.publicKey();
    const { question } = ask();
    expect(key.answer(question)).toEqual({ refused: 'noise_agreement_repeated' });
    const answers = Array.from({ length: 60 }, () => ask().answer);
    expect(answers.filter((answer) => answer !== undefined && 'sealed' in answer)).toHaveLength(58);
    expect(answers.at(-1)).toEqual({ refused: 'noise_agreement_rate' });
    now += 3_600_000;
    expect(ask().answer).toHaveProperty('sealed');
  });

  it('answers nothing after the deadline', () => {
    key.publicKey();
    expect(ask({ deadline: now }).answer).toBeUndefined();
  });
});
