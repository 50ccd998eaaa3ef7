import { inputsPerRun, tryInputsInTurn } from '@causeway/testing/fuzz';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import {
  joinParts,
  type MessageParts,
  NoiseError,
  NoiseInitiator,
  NoiseResponder,
  type ReceivedMessage,
  splitParts,
  staticKeyFrom,
  type TranscriptRule,
} from './index.js';

const prologue = Uint8Array.of(0x57, 0x41, 6, 3);
const payloads = [0, 3, 300].map((size) => new Uint8Array(size).fill(size));
const isRefusal = (error: unknown) => error instanceof NoiseError;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Keys that never change, so that one message is right for a role, and any other is not. */
const optionsOf = (transcript: TranscriptRule, key: number) => ({
  transcript,
  prologue,
  staticKey: staticKeyFrom(new Uint8Array(32).fill(key)),
  ephemeral: new Uint8Array(32).fill(key + 1),
});

interface Roles {
  /** Before it has read anything. */
  readonly fresh: () => NoiseResponder;
  /** Waits for message 2. */
  readonly initiator: () => Promise<NoiseInitiator>;
  /** Waits for message 3. */
  readonly responder: () => Promise<NoiseResponder>;
}

function rolesOf(rule: TranscriptRule): Roles {
  const [ours, theirs] = [optionsOf(rule, 1), optionsOf(rule, 3)];
  const first = new NoiseInitiator(ours).writeMessage();
  const fresh = () => new NoiseResponder(theirs);
  return {
    fresh,
    initiator: async () => {
      const initiator = new NoiseInitiator(ours);
      await initiator.writeMessage();
      return initiator;
    },
    responder: async () => {
      const responder = fresh();
      await responder.readMessage(await first);
      await responder.writeMessage();
      return responder;
    },
  };
}

/** What a peer that knows the keys would send, in each of the three places. */
async function messagesOf(roles: Roles): Promise<Record<1 | 2 | 3, Uint8Array[]>> {
  const messages: Record<1 | 2 | 3, Uint8Array[]> = { 1: [], 2: [], 3: [] };
  const hello = await new NoiseInitiator(optionsOf('wa', 1)).writeMessage();
  for (const payload of payloads) {
    messages[1].push(joinParts({ ...hello, payload }));
    const answering = roles.fresh();
    await answering.readMessage(hello);
    messages[2].push(joinParts(await answering.writeMessage(payload)));
    const [initiator, responder] = [await roles.initiator(), roles.fresh()];
    await responder.readMessage(hello);
    await initiator.readMessage(await responder.writeMessage());
    messages[3].push(joinParts(await initiator.writeMessage(payload)));
  }
  return messages;
}

/** The first parts have any size, often the right one or nearly: as protobuf fields would come. */
function cutAnywhere(_message: 1 | 2 | 3, input: Uint8Array): MessageParts {
  const [first = 0, second = 0] = input;
  const from = [0, 31, 32, 33, first][first % 5] ?? 0;
  const to = from + ([0, 47, 48, 49, second][second % 5] ?? 0);
  return {
    ...(from > 0 && { ephemeral: input.subarray(0, from) }),
    ...(to > from && { static: input.subarray(from, to) }),
    ...(input.length > to && { payload: input.subarray(to) }),
  };
}

/** Reads, and sees that nothing of a handshake that failed can be used. */
async function read(role: NoiseInitiator | NoiseResponder, parts: MessageParts): Promise<ReceivedMessage> {
  try {
    return await role.readMessage(parts);
  } catch (error) {
    const again = await role.readMessage(parts).catch((second: unknown) => second);
    if (!(again instanceof NoiseError && again.code === 'bad_state'))
      throw new Error('still open', { cause: error });
    throw error;
  }
}

const cuts = [
  ['cut as the pattern says', splitParts],
  ['cut anywhere', cutAnywhere],
] as const;
const seed = fc.noBias(fc.nat());

describe.each(['spec', 'wa'] as const)('under rule %s', (rule) => {
  const roles = rolesOf(rule);
  let messages: Record<1 | 2 | 3, Uint8Array[]>;
  beforeAll(async () => {
    messages = await messagesOf(roles);
  });

  /** Nobody else knows the keys: what is taken in place 2 or 3 was written by one who does. */
  const assertKnown = (message: 2 | 3, parts: MessageParts) => {
    const taken = hex(joinParts(parts));
    if (!messages[message].some((known) => hex(known) === taken)) throw new Error('took a forged message');
  };
  const tries = (message: 1 | 2 | 3, count: number, parse: (input: Uint8Array) => Promise<unknown>) =>
    fc.assert(
      fc.asyncProperty(seed, (from) =>
        tryInputsInTurn(from, {
          corpus: messages[message],
          maxBytes: 200,
          parse,
          isRefusal,
          weightPerByte: 2,
        }),
      ),
      { numRuns: count / inputsPerRun },
    );

  describe.each(cuts)('and %s', (_how, cut) => {
    it('a responder takes or refuses 25,000 first messages that nobody wrote', () =>
      tries(1, 25_000, async (input) => {
        const parts = cut(1, input);
        const result = await read(roles.fresh(), parts);
        if (parts.ephemeral?.length !== 32) throw new Error('took a key of another size');
        return result;
      }));

    // Fewer: one that has the size of a message costs a key agreement or two, and four to come to where it is read.
    it('an initiator refuses 2,500 second messages that nobody wrote', () =>
      tries(2, 2_500, async (input) => {
        const parts = cut(2, input);
        const result = await read(await roles.initiator(), parts);
        assertKnown(2, parts);
        return result;
      }));

    it('a responder refuses 2,500 third messages that nobody wrote', () =>
      tries(3, 2_500, async (input) => {
        const parts = cut(3, input);
        const result = await read(await roles.responder(), parts);
        assertKnown(3, parts);
        return result;
      }));
  });
});
