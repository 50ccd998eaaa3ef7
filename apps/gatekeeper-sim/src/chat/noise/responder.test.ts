import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NoiseResponder } from './responder.js';

interface Vector {
  protocol_name: string;
  init_prologue: string;
  resp_prologue?: string;
  resp_static: string;
  resp_ephemeral: string;
  messages: { payload: string; ciphertext: string }[];
}
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

function vectorOf(name: string): Vector {
  const file = new URL(`../fixtures/${name}`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return vectors.find((each) => each.protocol_name.includes('_XX_')) as Vector;
}

const vector = vectorOf('noise-snow.json');
const message = (index: number, of = vector) => {
  const found = of.messages[index] as Vector['messages'][number];
  return { payload: bytes(found.payload), ciphertext: bytes(found.ciphertext) };
};

function responder(transcript: 'spec' | 'wa', of = vector) {
  const { resp_prologue: prologue = of.init_prologue, ...vector } = of;
  return new NoiseResponder({
    transcript,
    prologue: bytes(prologue),
    staticSecret: bytes(vector.resp_static),
    ephemeralSecret: bytes(vector.resp_ephemeral),
  });
}

describe('Noise XX responder', () => {
  // The vector's first payload is not empty, so both rules must reproduce it.
  it.each(['spec', 'wa'] as const)('reproduces the published vector (%s)', (rule) => {
    const noise = responder(rule);
    noise.readFirst(message(0).ciphertext.subarray(0, 32), message(0).ciphertext.subarray(32));
    const second = noise.writeSecond(message(1).payload);
    expect(hex(Buffer.concat([second.ephemeral, second.static, second.payload]))).toBe(
      hex(message(1).ciphertext),
    );
    const third = noise.readThird(message(2).ciphertext.subarray(0, 48), message(2).ciphertext.subarray(48));
    expect(hex(third.payload)).toBe(hex(message(2).payload));
    const channel = noise.split();
    expect(hex(channel.send.encrypt(message(3).payload))).toBe(hex(message(3).ciphertext));
    expect(hex(channel.receive.decrypt(message(4).ciphertext))).toBe(hex(message(4).payload));
  });

  it('gives the recorded transcript of rule wa, whose first payload is empty', () => {
    const recorded = vectorOf('noise-wa.json');
    const [first, second, third, fourth, fifth] = [0, 1, 2, 3, 4].map((index) => message(index, recorded));
    const noise = responder('wa', recorded);
    noise.readFirst(first?.ciphertext as Uint8Array, new Uint8Array());
    const answer = noise.writeSecond(second?.payload as Uint8Array);
    expect(hex(Buffer.concat([answer.ephemeral, answer.static, answer.payload]))).toBe(
      hex(second?.ciphertext as Uint8Array),
    );
    const finish = third?.ciphertext as Uint8Array;
    expect(noise.readThird(finish.subarray(0, 48), finish.subarray(48)).payload).toEqual(third?.payload);
    const channel = noise.split();
    // The client writes first here.
    expect(hex(channel.send.encrypt(fourth?.payload as Uint8Array))).toBe(
      hex(fourth?.ciphertext as Uint8Array),
    );
    expect(channel.receive.decrypt(fifth?.ciphertext as Uint8Array)).toEqual(fifth?.payload);
  });

  it('takes another transcript for an empty first payload under each rule', () => {
    const second = (rule: 'spec' | 'wa') => {
      const noise = responder(rule);
      noise.readFirst(message(0).ciphertext.subarray(0, 32), new Uint8Array());
      return hex(noise.writeSecond(new Uint8Array()).static);
    };
    expect(second('spec')).not.toBe(second('wa'));
  });

  it.each([
    ['a changed byte', (third: Uint8Array) => third.with(60, (third[60] as number) ^ 1)],
    ['a changed static', (third: Uint8Array) => third.with(3, (third[3] as number) ^ 1)],
    ['a cut message', (third: Uint8Array) => third.subarray(0, 50)],
  ])('refuses %s in the third message', (_name, change) => {
    const noise = responder('spec');
    noise.readFirst(message(0).ciphertext.subarray(0, 32), message(0).ciphertext.subarray(32));
    noise.writeSecond(message(1).payload);
    const third = change(message(2).ciphertext);
    expect(() => noise.readThird(third.subarray(0, 48), third.subarray(48))).toThrow(
      expect.objectContaining({ code: 'noise_failed' }),
    );
  });

  it('refuses a point of low order', () => {
    const noise = responder('wa');
    noise.readFirst(new Uint8Array(32), new Uint8Array());
    expect(() => noise.writeSecond(new Uint8Array())).toThrow(
      expect.objectContaining({ code: 'noise_failed' }),
    );
  });
});
