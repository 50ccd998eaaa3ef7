import { randomBytes } from 'node:crypto';
import type { DownstreamEvent } from '@causeway/contracts/downstream';
import { noiseAgreementContext, type NoiseAgreement } from '@causeway/contracts/upstream';
import { limits } from '@causeway/limits';
import { createRelayKey, RelaySeal } from '@causeway/relay';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { sessionKeyNumber } from '../fixtures/session-world.js';
import { createSessionMetrics } from '../sessions/session-metrics.js';
import { AgreementRate } from './agreement-rate.js';
import { DeviceNoiseKeys } from './device-noise-keys.js';

type Question = Extract<DownstreamEvent, { type: 'noise.dh' }>;

const secret = randomBytes(32);
const remote = randomBytes(32);
const enlistedKey = randomBytes(32).toString('base64');
const sessionKey = sessionKeyNumber(1);

let clock: FakeClock;
let keys: DeviceNoiseKeys;
let asked: Question[];
let metrics: ReturnType<typeof createMetrics>;
let logs: ReturnType<typeof captureLogs>;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  metrics = createMetrics('session');
  logs = captureLogs();
  keys = new DeviceNoiseKeys({
    events: { downstream: async (event) => void asked.push(event as Question) },
    metrics: createSessionMetrics(metrics),
    clock,
    logger: logs.logger,
  });
});

const open = (epoch = 5) => keys.open({ sessionKey, epoch, enlistedKey });
/** Asks, and lets the question go out. */
async function ask(epoch = 5, key: Uint8Array = remote) {
  const answer = Promise.resolve((await open(epoch)).dh(key));
  answer.catch(() => undefined);
  await clock.advance(0);
  const question = asked.at(-1);
  if (question === undefined) throw new Error('nothing was asked');
  return { answer, question };
}
/** What a device answers. */
function answerTo(
  { correlationId, relayKey, remotePublicKey }: Question,
  bytes: Uint8Array = secret,
): NoiseAgreement {
  const own = createRelayKey();
  const seal = new RelaySeal('fanout', own, relayKey, `noise.dh ${correlationId}`);
  return {
    relayKey: own.publicKey,
    sealed: seal.seal(noiseAgreementContext(correlationId, remotePublicKey), bytes),
  };
}
function reply({ gatekeeper, epoch, correlationId }: Question, answer: NoiseAgreement, change = {}): void {
  keys.answer({ type: 'noise.dh.answer', sessionKey, gatekeeper, epoch, correlationId, answer, ...change });
}

describe('a Noise key that the device keeps', () => {
  it('is asked for one agreement, with the key of the handshake, for the connection of the device', async () => {
    expect(Buffer.from((await open()).publicKey()).toString('base64')).toBe(enlistedKey);
    const { answer, question } = await ask();
    expect(question).toMatchObject({
      type: 'noise.dh',
      sessionKey,
      epoch: 5,
      remotePublicKey: remote.toString('base64'),
      deadline: clock.now() + limits.noiseAgreementMs.value,
    });
    reply(question, answerTo(question));
    expect(Buffer.from(await answer)).toEqual(secret);
    expect(await metrics.render()).toMatch(/session_noise_agreements_total\{outcome="agreed"[^}]*\} 1/);
  });

  it.each([
    ['noise_agreement_refused', () => ({ refused: 'noise_key_unknown' })],
    [
      'noise_agreement_unreadable',
      (question: Question) => answerTo({ ...question, remotePublicKey: enlistedKey }),
    ],
    ['noise_agreement_unreadable', (question: Question) => answerTo({ ...question, correlationId: 'other' })],
    [
      'noise_agreement_unreadable',
      (question: Question) => answerTo({ ...question, relayKey: createRelayKey().publicKey }),
    ],
    [
      'noise_agreement_unreadable',
      (question: Question) => ({ ...answerTo(question), relayKey: Buffer.alloc(32).toString('base64') }),
    ],
    ['noise_agreement_unreadable', (question: Question) => answerTo(question, randomBytes(31))],
  ])('gives %s for what is no agreement of this handshake', async (code, answered) => {
    const { answer, question } = await ask();
    reply(question, answered(question));
    await expect(answer).rejects.toMatchObject({ code });
    expect(logs.text()).toContain(code);
  });

  it('takes no answer of another question, another connection, or a second one', async () => {
    const { answer, question } = await ask();
    const right = answerTo(question);
    reply(question, right, { correlationId: 'other' });
    reply(question, right, { epoch: 6 });
    reply(question, right, { sessionKey: sessionKeyNumber(2) });
    reply(question, right);
    expect(Buffer.from(await answer)).toEqual(secret);
    reply(question, right);
    expect(await metrics.render()).toMatch(/session_noise_agreements_total\{outcome="not_asked"[^}]*\} 4/);
  });

  it('is waited for so long and no longer', async () => {
    const { answer } = await ask();
    await clock.advance(limits.noiseAgreementMs.value);
    await expect(answer).rejects.toMatchObject({ code: 'noise_agreement_late' });
    const { answer: again, question } = await ask();
    reply(question, answerTo(question));
    expect(Buffer.from(await again)).toEqual(secret);
  });

  it('is asked once for each login, and once at a time; a later connection takes the turn', async () => {
    const key = await open();
    const first = Promise.resolve(key.dh(remote));
    first.catch(() => undefined);
    await expect(key.dh(randomBytes(32))).rejects.toMatchObject({ code: 'noise_agreement_repeated' });
    await expect((await open()).dh(remote)).rejects.toMatchObject({ code: 'noise_agreement_busy' });
    const { answer, question } = await ask(6);
    await expect(first).rejects.toMatchObject({ code: 'noise_agreement_superseded' });
    await expect((await open(5)).dh(remote)).rejects.toMatchObject({ code: 'noise_agreement_busy' });
    reply(question, answerTo(question));
    expect(Buffer.from(await answer)).toEqual(secret);
    expect(asked).toHaveLength(2);
  });

  it('is asked so often within an hour and no more', async () => {
    for (let i = 0; i < limits.noiseAgreementsPerHour.value; i += 1) {
      const { question } = await ask();
      reply(question, { refused: 'x' });
      await clock.advance(1);
    }
    await expect((await open()).dh(remote)).rejects.toMatchObject({ code: 'noise_agreement_rate' });
    await clock.advance(3_600_000);
    const { answer, question } = await ask();
    reply(question, answerTo(question));
    expect(Buffer.from(await answer)).toEqual(secret);
  });

  it('is unknown where accounts names none', async () => {
    await expect(keys.open({ sessionKey, epoch: 1, enlistedKey: undefined })).rejects.toMatchObject({
      code: 'noise_key_unknown',
    });
  });

  it('stands in no log line', async () => {
    const { answer, question } = await ask();
    reply(question, { refused: 'noise_key_unknown' });
    await answer.catch(() => undefined);
    for (const hidden of [sessionKey, enlistedKey, remote.toString('base64'), question.correlationId]) {
      expect(logs.text()).not.toContain(hidden);
    }
  });
});

it('the rate of agreements knows so many sessions and no more', () => {
  const rate = new AgreementRate(1, 2);
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map((name) => rate.take(name, 0))).toEqual([
    true,
    true,
    false,
    true,
    true,
    true,
  ]);
});
