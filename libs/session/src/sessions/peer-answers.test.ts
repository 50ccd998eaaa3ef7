import type { Answer } from '@causeway/contracts/downstream';
import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { PeerAnswers } from './peer-answers.js';

const bob = '4915550002@s.whatsapp.net';
const failed: Answer = { kind: 'failed', code: 'query_timeout' };

let clock: FakeClock;
let answers: PeerAnswers;
let asked: number;

beforeEach(() => {
  clock = new FakeClock();
  answers = new PeerAnswers(clock);
  asked = 0;
});

/** Asks for somebody's devices; the answer is the number of the question. */
const devices = (peer: string, answer?: Answer) =>
  answers.to({ kind: 'devices', peer }, async () => {
    asked += 1;
    return answer ?? { kind: 'devices', peer, devices: [asked] };
  });
const numberOf = async (peer: string) => (await devices(peer)).answer;

describe('PeerAnswers', () => {
  it('asks once for all who ask within 30 seconds, while the answer is out and after it came', async () => {
    const [first, second] = await Promise.all([devices(bob), devices(bob)]);
    expect([first.again, second.again]).toEqual([false, true]);
    await clock.advance(limits.queryCoalesceMs.value - 1);
    expect(await devices(bob)).toEqual({ answer: first.answer, again: true });
    await clock.advance(1);
    expect(await numberOf(bob)).toMatchObject({ devices: [2] });
  });

  it('tells kinds and peers apart', async () => {
    await devices(bob);
    await devices('4915550003@s.whatsapp.net');
    await answers.to({ kind: 'bundle', peer: bob }, async () => {
      asked += 1;
      return failed;
    });
    expect(asked).toBe(3);
  });

  it('forgets a failure, of the gatekeeper or of ours', async () => {
    await devices(bob, failed);
    await expect(
      answers.to({ kind: 'devices', peer: bob }, () => Promise.reject(new Error('away'))),
    ).rejects.toThrow('away');
    expect(await numberOf(bob)).toMatchObject({ devices: [2] });
  });

  it('forgets what it knows of an account and its devices, and of no other, when its keys change', async () => {
    await devices('300-bob:7@interop');
    await devices('301-bob@interop');
    answers.forget('300-bob@interop');
    expect(await devices('301-bob@interop')).toMatchObject({ again: true });
    expect(await devices('300-bob:7@interop')).toMatchObject({ again: false });
  });

  it('remembers so many and no more: the oldest goes', async () => {
    for (let i = 0; i <= limits.queryCoalesceItems.value; i += 1) await devices(`${i}@lid`);
    expect(await devices('1@lid')).toMatchObject({ again: true });
    expect(await devices('0@lid')).toMatchObject({ again: false });
  });
});
