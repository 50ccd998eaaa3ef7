import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  CipherState,
  generateStaticKey,
  lastNonce,
  type MessageParts,
  NoiseError,
  NoiseInitiator,
  NoiseResponder,
  NoiseTransport,
  splitParts,
  staticKeyFrom,
} from './index.js';

const prologue = Uint8Array.of(0x57, 0x41, 6, 3);
const none = new Uint8Array();

const newInitiator = () =>
  new NoiseInitiator({ transcript: 'wa', prologue, staticKey: generateStaticKey().key });
const newResponder = () =>
  new NoiseResponder({ transcript: 'wa', prologue, staticKey: generateStaticKey().key });

async function channel(): Promise<{ client: NoiseTransport; server: NoiseTransport }> {
  const initiator = newInitiator();
  const responder = newResponder();
  await responder.readMessage(await initiator.writeMessage());
  await initiator.readMessage(await responder.writeMessage());
  await responder.readMessage(await initiator.writeMessage());
  return { client: initiator.transport(), server: responder.transport() };
}

const flipped = (bytes: Uint8Array | undefined, at: number) => {
  const copy = Uint8Array.from(bytes ?? none);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof NoiseError) return error.code;
    throw error;
  }
  return 'accepted';
};

describe('a hostile second message', () => {
  let initiator: NoiseInitiator;
  let answer: MessageParts;
  beforeEach(async () => {
    initiator = newInitiator();
    const responder = newResponder();
    await responder.readMessage(await initiator.writeMessage());
    answer = await responder.writeMessage(Uint8Array.of(1, 2, 3));
  });

  it.each<[string, (good: MessageParts) => MessageParts, string]>([
    ['nothing', () => ({}), 'bad_message'],
    ['a short ephemeral', (good) => ({ ...good, ephemeral: new Uint8Array(31) }), 'bad_message'],
    ['a long static', (good) => ({ ...good, static: new Uint8Array(49) }), 'bad_message'],
    ['an ephemeral of small order', (good) => ({ ...good, ephemeral: new Uint8Array(32) }), 'bad_key'],
    ['a damaged static', (good) => ({ ...good, static: flipped(good.static, 3) }), 'decrypt_failed'],
    ['a damaged tag', (good) => ({ ...good, payload: flipped(good.payload, 5) }), 'decrypt_failed'],
    [
      'no payload',
      ({ ephemeral, static: s }) => ({ ...(ephemeral && s && { ephemeral, static: s }) }),
      'bad_message',
    ],
    ['a payload cut in its tag', (good) => ({ ...good, payload: new Uint8Array(15) }), 'bad_message'],
    ['an oversized payload', (good) => ({ ...good, payload: new Uint8Array(65_536) }), 'too_large'],
  ])('%s', async (_name, change, code) => {
    expect(await codeOf(() => initiator.readMessage(change(answer)))).toBe(code);
    // Nothing of a failed handshake can be used again.
    expect(await codeOf(() => initiator.readMessage(answer))).toBe('bad_state');
  });

  it('any bytes give NoiseError and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const fresh = newInitiator();
        await fresh.writeMessage();
        expect(await codeOf(() => fresh.readMessage(splitParts(2, bytes)))).not.toBe('accepted');
      }),
    );
  });
});

it('a key of another prologue fails', async () => {
  const initiator = newInitiator();
  const responder = new NoiseResponder({
    transcript: 'wa',
    prologue: Uint8Array.of(1),
    staticKey: generateStaticKey().key,
  });
  await responder.readMessage(await initiator.writeMessage());
  const answer = await responder.writeMessage();
  expect(await codeOf(() => initiator.readMessage(answer))).toBe('decrypt_failed');
});

it('an unusable agreement from the key owner fails', async () => {
  const { key } = generateStaticKey();
  for (const secret of [new Uint8Array(32), new Uint8Array(31)]) {
    const staticKey = { publicKey: () => key.publicKey(), dh: () => secret };
    const initiator = new NoiseInitiator({ transcript: 'wa', prologue, staticKey });
    const responder = newResponder();
    await responder.readMessage(await initiator.writeMessage());
    await initiator.readMessage(await responder.writeMessage());
    expect(await codeOf(() => initiator.writeMessage())).toBe('bad_key');
  }
  expect(await codeOf(() => staticKeyFrom(new Uint8Array(31)))).toBe('bad_key');
});

describe('the transport', () => {
  it('refuses a replayed, a reordered and a reflected message', async () => {
    const attempts: ((c: Awaited<ReturnType<typeof channel>>) => void)[] = [
      ({ client, server }) => {
        const once = client.encrypt(Uint8Array.of(1));
        server.decrypt(once);
        server.decrypt(once);
      },
      ({ client, server }) => {
        client.encrypt(Uint8Array.of(1));
        server.decrypt(client.encrypt(Uint8Array.of(2)));
      },
      ({ client }) => {
        client.decrypt(client.encrypt(Uint8Array.of(1)));
      },
      ({ client, server }) => {
        server.decrypt(flipped(client.encrypt(Uint8Array.of(1)), 0));
      },
    ];
    for (const attempt of attempts) {
      expect(await codeOf(async () => attempt(await channel()))).toBe('decrypt_failed');
    }
  });

  it('stays closed after a failure, open after a message that was too large to send', async () => {
    const { client, server } = await channel();
    expect(await codeOf(() => client.encrypt(new Uint8Array(2 ** 24)))).toBe('too_large');
    expect(server.decrypt(client.encrypt(Uint8Array.of(7)))).toHaveLength(1);
    expect(await codeOf(() => server.decrypt(new Uint8Array(15)))).toBe('bad_message');
    expect(await codeOf(() => server.encrypt(none))).toBe('bad_state');
    expect(await codeOf(() => server.decrypt(client.encrypt(none)))).toBe('bad_state');
  });

  it('ends before a nonce could repeat', async () => {
    const sending = new CipherState(new Uint8Array(32), lastNonce - 1);
    const receiving = new CipherState(new Uint8Array(32), lastNonce - 1);
    expect(receiving.decrypt(sending.encrypt(Uint8Array.of(1), none), none)).toHaveLength(1);
    expect(await codeOf(() => sending.encrypt(Uint8Array.of(1), none))).toBe('nonce_exhausted');
    expect(await codeOf(() => receiving.decrypt(new Uint8Array(16), none))).toBe('nonce_exhausted');
  });

  it('overwrites the bytes of its keys at once, and forgets the keys on destroy and on failure', async () => {
    const bytes = new Uint8Array(32).fill(1);
    const cipher = new CipherState(bytes);
    expect([...bytes]).toEqual(new Array(32).fill(0));
    expect(cipher.encrypt(none, none)).toHaveLength(16);
    cipher.destroy();
    expect(await codeOf(() => cipher.encrypt(none, none))).toBe('nonce_exhausted');
    expect(Object.values(cipher).some((value) => typeof value === 'object')).toBe(false);
    const received = new CipherState(new Uint8Array(32).fill(3));
    const transport = new NoiseTransport(new CipherState(new Uint8Array(32)), received);
    expect(await codeOf(() => transport.decrypt(new Uint8Array(32)))).toBe('decrypt_failed');
    expect(Object.values(received).some((value) => typeof value === 'object')).toBe(false);
  });
});

it('overwrites the agreed secret after use', async () => {
  const { key } = generateStaticKey();
  const secrets: Uint8Array[] = [];
  const staticKey = {
    publicKey: () => key.publicKey(),
    dh: async (remote: Uint8Array) => {
      const secret = await key.dh(remote);
      secrets.push(secret);
      return secret;
    },
  };
  const responder = new NoiseResponder({ transcript: 'wa', prologue, staticKey });
  await responder.readMessage(await newInitiator().writeMessage());
  await responder.writeMessage();
  expect(secrets.map((secret) => [...secret])).toEqual([new Array(32).fill(0)]);
});
