import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  generateStaticKey,
  joinParts,
  NoiseInitiator,
  NoiseResponder,
  NoiseError,
  type NoiseTransport,
  splitParts,
  staticKeyFrom,
  type TranscriptRule,
} from './index.js';

interface Vector {
  protocol_name: string;
  init_prologue: string;
  init_static: string;
  init_ephemeral: string;
  resp_static: string;
  resp_ephemeral: string;
  messages: { payload: string; ciphertext: string }[];
}

const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function vectors(file: string): Vector[] {
  const { vectors } = JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
  return vectors.filter((vector: Vector) => vector.protocol_name === 'Noise_XX_25519_AESGCM_SHA256');
}

const roles = (vector: Vector, transcript: TranscriptRule) => ({
  initiator: new NoiseInitiator({
    transcript,
    prologue: fromHex(vector.init_prologue),
    staticKey: staticKeyFrom(fromHex(vector.init_static)),
    ephemeral: fromHex(vector.init_ephemeral),
  }),
  responder: new NoiseResponder({
    transcript,
    prologue: fromHex(vector.init_prologue),
    staticKey: staticKeyFrom(fromHex(vector.resp_static)),
    ephemeral: fromHex(vector.resp_ephemeral),
  }),
});

/** Check one role against a recorded conversation: what it writes byte for byte, what it reads by payload. */
async function replay(
  role: NoiseInitiator | NoiseResponder,
  first: 0 | 1,
  { messages }: Vector,
): Promise<void> {
  let transport: NoiseTransport | undefined;
  for (const [i, { payload, ciphertext }] of messages.entries()) {
    const number = i + 1;
    const writing = i % 2 === first;
    if (number === 1 || number === 2 || number === 3) {
      if (writing) {
        const parts = await role.writeMessage(fromHex(payload));
        expect(hex(joinParts(parts))).toBe(ciphertext);
      } else {
        const read = await role.readMessage(splitParts(number, fromHex(ciphertext)));
        expect(hex(read.payload)).toBe(payload);
      }
      continue;
    }
    transport ??= role.transport();
    if (writing) expect(hex(transport.encrypt(fromHex(payload)))).toBe(ciphertext);
    else expect(hex(transport.decrypt(fromHex(ciphertext)))).toBe(payload);
  }
  expect(transport).toBeDefined();
}

describe('the handshake', () => {
  it.each([
    ['test-data/noise-snow.json', 'spec'],
    ['test-data/noise-wa.json', 'wa'],
    // Recorded by `npm run verify -- peers record`: whatsmeow as client, wacore's primitives as server.
    ['fixtures/noise-whatsmeow.json', 'wa'],
    ['fixtures/noise-wacore.json', 'wa'],
  ] as const)('reproduces %s in both roles under rule %s', async (file, transcript) => {
    const found = vectors(file);
    expect(found).toHaveLength(1);
    for (const vector of found) {
      const { initiator, responder } = roles(vector, transcript);
      await replay(initiator, 0, vector);
      await replay(responder, 1, vector);
    }
  });

  const pair = (initiatorRule: TranscriptRule, responderRule: TranscriptRule) => {
    const client = generateStaticKey().key;
    const server = generateStaticKey().key;
    const prologue = fromHex('57410603');
    return {
      client,
      server,
      initiator: new NoiseInitiator({ transcript: initiatorRule, prologue, staticKey: client }),
      responder: new NoiseResponder({ transcript: responderRule, prologue, staticKey: server }),
    };
  };

  it.each(['spec', 'wa'] as const)('agrees with itself under rule %s', async (rule) => {
    const { client, server, initiator, responder } = pair(rule, rule);
    await responder.readMessage(await initiator.writeMessage());
    const hello = await initiator.readMessage(await responder.writeMessage(fromHex('c0ffee')));
    expect(hex(hello.payload)).toBe('c0ffee');
    expect(hex(hello.remoteStatic)).toBe(hex(server.publicKey()));
    const finish = await responder.readMessage(await initiator.writeMessage(fromHex('0102')));
    expect(hex(finish.payload)).toBe('0102');
    expect(hex(finish.remoteStatic ?? new Uint8Array())).toBe(hex(client.publicKey()));
    const [a, b] = [initiator.transport(), responder.transport()];
    expect(hex(b.decrypt(a.encrypt(fromHex('aa'))))).toBe('aa');
    expect(hex(a.decrypt(b.encrypt(fromHex('bb'))))).toBe('bb');
  });

  it('fails between the two rules', async () => {
    const { initiator, responder } = pair('wa', 'spec');
    await responder.readMessage(await initiator.writeMessage());
    const failed = initiator.readMessage(await responder.writeMessage());
    await expect(failed).rejects.toMatchObject({ code: 'decrypt_failed' });
  });

  it('hashes a first payload that is not empty under both rules', async () => {
    const { initiator, responder } = pair('wa', 'spec');
    await responder.readMessage(await initiator.writeMessage(fromHex('01')));
    const hello = await initiator.readMessage(await responder.writeMessage());
    expect(hello.payload).toHaveLength(0);
  });

  it('takes a static key whose agreement is made elsewhere', async () => {
    const { client, server } = pair('spec', 'spec');
    const remote = {
      publicKey: () => client.publicKey(),
      dh: async (key: Uint8Array) => Promise.resolve(client.dh(key)),
    };
    const initiator = new NoiseInitiator({ transcript: 'spec', prologue: fromHex(''), staticKey: remote });
    const responder = new NoiseResponder({ transcript: 'spec', prologue: fromHex(''), staticKey: server });
    await responder.readMessage(await initiator.writeMessage());
    await initiator.readMessage(await responder.writeMessage());
    await responder.readMessage(await initiator.writeMessage());
    expect(hex(responder.transport().decrypt(initiator.transport().encrypt(fromHex('aa'))))).toBe('aa');
  });

  it('refuses steps out of order and repeated ones', async () => {
    const { initiator, responder } = pair('spec', 'spec');
    await expect(responder.writeMessage()).rejects.toMatchObject({ code: 'bad_state' });
    expect(() => initiator.transport()).toThrow(NoiseError);
    const hello = await initiator.writeMessage();
    await expect(initiator.writeMessage()).rejects.toMatchObject({ code: 'bad_state' });
    await responder.readMessage(hello);
    await expect(responder.readMessage(hello)).rejects.toMatchObject({ code: 'bad_state' });
    const answer = await responder.writeMessage();
    const both = await Promise.allSettled([initiator.readMessage(answer), initiator.readMessage(answer)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    initiator.destroy();
    await expect(initiator.writeMessage()).rejects.toMatchObject({ code: 'bad_state' });
  });
});
