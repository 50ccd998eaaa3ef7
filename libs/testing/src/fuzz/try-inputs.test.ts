import { expect, it } from 'vitest';
import { type FuzzTarget, inputsPerRun, tryInputs, tryInputsInTurn } from './index.js';

class Refusal extends Error {}

const target = (parse: FuzzTarget['parse']): FuzzTarget => ({
  corpus: [Uint8Array.of(1, 2, 3, 4), new Uint8Array(100).fill(7)],
  maxBytes: 50,
  parse,
  isRefusal: (error) => error instanceof Refusal,
  weightPerByte: 2,
});

it('gives the same inputs for the same seed, arbitrary and damaged ones, without changing the valid ones', () => {
  const seen = [1, 1, 2].map((seed) => {
    const inputs: string[] = [];
    tryInputs(
      seed,
      target((input) => void inputs.push(Buffer.from(input).toString('hex'))),
    );
    return inputs;
  });
  expect(seen[0]).toHaveLength(inputsPerRun);
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).not.toEqual(seen[0]);
  expect(new Set(seen[0]).size).toBeGreaterThan(inputsPerRun / 2);
  expect(target(() => 0).corpus[0]).toEqual(Uint8Array.of(1, 2, 3, 4));
});

it('lets refusals pass, and names the input of any other error', () => {
  const refuse = () => {
    throw new Refusal();
  };
  expect(() => tryInputs(1, target(refuse))).not.toThrow();
  const crash = (input: Uint8Array) => {
    if (input.includes(7)) throw new TypeError('x');
    return undefined;
  };
  expect(() => tryInputs(1, target(crash))).toThrow(/^not a refusal for ([0-9a-f]{2})*07/);
});

it('refuses results that their input cannot account for', () => {
  expect(() =>
    tryInputs(
      1,
      target((input) => ({ a: ['x'.repeat(input.length)] })),
    ),
  ).not.toThrow();
  expect(() =>
    tryInputs(
      1,
      target(() => [new Uint8Array(2_000)]),
    ),
  ).toThrow(/^too much comes out of/);
});

it('does the same with a parser that waits: one input after the other', async () => {
  const inputs: string[] = [];
  const inTurn: string[] = [];
  const note = (list: string[], input: Uint8Array) => void list.push(Buffer.from(input).toString('hex'));
  tryInputs(
    3,
    target((input) => note(inputs, input)),
  );
  let waiting = 0;
  const parse = async (input: Uint8Array) => {
    expect(++waiting).toBe(1);
    await Promise.resolve();
    waiting--;
    note(inTurn, input);
    throw new Refusal();
  };
  await tryInputsInTurn(3, { ...target(() => 0), parse });
  expect(inTurn).toEqual(inputs);
  const crash = () => Promise.reject(new TypeError('x'));
  await expect(tryInputsInTurn(1, { ...target(() => 0), parse: crash })).rejects.toThrow(
    /^not a refusal for/,
  );
  const flood = () => Promise.resolve(new Uint8Array(2_000));
  await expect(tryInputsInTurn(1, { ...target(() => 0), parse: flood })).rejects.toThrow(
    /^too much comes out/,
  );
});
