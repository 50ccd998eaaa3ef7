import { SeededRandom } from '../faults/checks/seeded-random.js';
import { arbitraryBytes, damaged } from './mutate.js';

/** What a parser may do with bytes that nobody wrote for it. */
export interface FuzzRules {
  /** Valid inputs, which are damaged. */
  readonly corpus: readonly Uint8Array[];
  /** Bytes of an arbitrary input at most. */
  readonly maxBytes: number;
  /** True for the parser's one error class; any other ends the test. */
  readonly isRefusal: (error: unknown) => boolean;
  /** What a result may weigh for each byte of its input: characters, bytes and values. */
  readonly weightPerByte: number;
}

/** A parser. */
export interface FuzzTarget extends FuzzRules {
  /** Reads one input. What it gives back is weighed. */
  readonly parse: (input: Uint8Array) => unknown;
}

/** A parser that has to wait for something. */
export interface AsyncFuzzTarget extends FuzzRules {
  readonly parse: (input: Uint8Array) => Promise<unknown>;
}

/** Inputs of one run of a property, which draws a number and nothing else: drawing takes longer than parsing. */
export const inputsPerRun = 100;
/** A run of 100 small inputs takes a few milliseconds; a loop over one of them takes for ever. */
const maxRunMs = 1_000;
/** What an empty result weighs. */
const weightAtLeast = 1_024;

/**
 * Give a parser arbitrary bytes and damaged valid ones, all drawn from this seed.
 *
 * @throws Error that names the input in hex when the parser throws anything but its refusal, gives back more than its
 * input can account for, or needs more time than any input may take
 */
export function tryInputs(seed: number, target: FuzzTarget): void {
  const end = begin();
  try {
    for (const input of inputs(seed, target)) {
      let result: unknown;
      try {
        result = target.parse(input);
      } catch (error) {
        assertRefusal(error, input, target);
        continue;
      }
      assertWeight(result, input, target);
    }
  } finally {
    end();
  }
}

/** The same for a parser that has to wait, one input after the other. */
export async function tryInputsInTurn(seed: number, target: AsyncFuzzTarget): Promise<void> {
  const end = begin();
  try {
    for (const input of inputs(seed, target)) {
      let result: unknown;
      try {
        result = await target.parse(input);
      } catch (error) {
        assertRefusal(error, input, target);
        continue;
      }
      assertWeight(result, input, target);
    }
  } finally {
    end();
  }
}

function* inputs(seed: number, { corpus, maxBytes }: FuzzRules): Generator<Uint8Array> {
  const random = new SeededRandom(seed);
  for (let done = 0; done < inputsPerRun; done++) {
    yield random.int(0, 3) === 0 ? arbitraryBytes(random, maxBytes) : damaged(random, corpus);
  }
}

/** @returns what ends the run, and throws when it took too long */
function begin(): () => void {
  const started = process.threadCpuUsage();
  const { stackTraceLimit } = Error;
  // Most inputs are refused, and writing down the stack would be most of the work.
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
    const { user, system } = process.threadCpuUsage(started);
    const tookMs = (user + system) / 1_000;
    if (tookMs > maxRunMs)
      throw new Error(`${String(inputsPerRun)} inputs took ${tookMs.toFixed(0)} ms of CPU`);
  };
}

function assertRefusal(error: unknown, input: Uint8Array, { isRefusal }: FuzzRules): void {
  if (!isRefusal(error)) throw new Error(`not a refusal for ${hexOf(input)}`, { cause: error });
}

function assertWeight(result: unknown, input: Uint8Array, { weightPerByte }: FuzzRules): void {
  if (weightOf(result) > weightAtLeast + weightPerByte * input.length) {
    throw new Error(`too much comes out of ${hexOf(input)}`);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, inner: unknown) => sum + 1 + weightOf(inner), 1);
}
