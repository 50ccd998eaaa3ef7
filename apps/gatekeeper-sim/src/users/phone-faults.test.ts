import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { conversation, eventually, stanzaAt, type Conversation } from '../../test/conversation.js';
import type { Node } from '../seam.js';
import { phoneLimits } from './phone-limits.js';
import { childOf } from './stanza/stanza.js';

/** A conversation with a session both ways. */
async function talking(): Promise<Conversation> {
  const talk = conversation();
  talk.phone.receive(
    await talk.account.message(
      talk.phone.jid,
      { conversation: 'first' },
      { bundle: talk.phone.takeBundle() },
    ),
  );
  await eventually(() => talk.phone.received()[0]);
  return talk;
}

const refusal = ({ phone }: Conversation, n = 0) => eventually(() => phone.refusals()[n]?.code);

/** Has the phone handle a stanza, and another one after it: the phone forgets refusals, so each is looked at in time. */
async function survives({ phone }: Conversation, stanza: Node): Promise<void> {
  phone.receive(stanza);
  const id = randomUUID();
  phone.receive({ tag: 'iq', attrs: { id, from: '1-42@interop' } });
  const codes = await eventually(() => {
    const last = phone.refusals().slice(-3);
    return last.at(-1)?.id === id ? last.map(({ code }) => code) : undefined;
  });
  expect(codes).not.toContain('internal');
}

function changed(node: Node, change: (bytes: Uint8Array) => void): Node {
  const enc = childOf(node, 'enc');
  if (!(enc?.content instanceof Uint8Array)) throw new Error('no ciphertext');
  const content = Uint8Array.from(enc.content);
  change(content);
  return { ...node, content: [{ ...enc, content }] };
}

/** Changes a byte of what is encrypted; the last bytes of a first message are its key ids. */
const flip = (bytes: Uint8Array) => bytes.set([(bytes.at(-30) ?? 0) ^ 1], bytes.length - 30);

// The counterpart's library prints whole sessions when it closes one.
beforeEach(() => void vi.spyOn(console, 'info').mockReturnValue());
afterEach(() => vi.restoreAllMocks());

describe('a phone given bad input', () => {
  it.each([
    ['no padding', Buffer.from([10, 1, 65]), 0],
    ['padding beyond 15 bytes', Buffer.from([10, 1, 65]), 16],
    ['padding of unequal bytes', Buffer.from([10, 1, 65, 2, 3]), 3],
  ])('refuses %s', async (_what, content, padding) => {
    const talk = await talking();
    const bytes = padding === 3 ? Buffer.concat([content, Buffer.from([1, 3, 3])]) : content;
    talk.phone.receive(
      await talk.account.message(talk.phone.jid, bytes, { padding: padding === 3 ? 0 : padding }),
    );
    expect(await refusal(talk)).toBe('padding_invalid');
    expect(talk.phone.received()).toHaveLength(1);
  });

  it('refuses content that is not protobuf, nested without end, or of a kind it cannot show', async () => {
    const talk = await talking();
    let nested: Buffer = Buffer.from([10, 0]);
    for (let depth = 0; depth < 200; depth += 1) nested = wrap(6, wrap(17, wrap(3, nested)));
    const { account, phone } = talk;
    phone.receive(await account.message(phone.jid, Buffer.from([10, 200, 65])));
    phone.receive(await account.message(phone.jid, nested));
    phone.receive(await account.message(phone.jid, { audioMessage: { mimetype: 'audio/ogg' } }));
    phone.receive(await account.message(phone.jid, { reactionMessage: { text: 'x' } }));
    expect(await refusal(talk, 3)).toBe('content_malformed');
    const codes = phone.refusals().map(({ code }) => code);
    expect(codes).toEqual([
      'content_malformed',
      'content_malformed',
      'content_unsupported',
      'content_malformed',
    ]);
    expect(account.stanzas.filter(({ tag }) => tag === 'receipt')).toHaveLength(1);
  });

  it('names what is wrong with a stanza', async () => {
    const talk = conversation();
    const good = await talk.account.message(
      talk.phone.jid,
      { conversation: 'a' },
      { bundle: talk.phone.takeBundle() },
    );
    const enc = childOf(good, 'enc');
    const from = talk.account.jid;
    const attrs = { id: 'x', from };
    const huge = new Uint8Array(phoneLimits.ciphertextBytes + 1);
    const stanzas: [Node, string][] = [
      [{ ...good, attrs: { id: 'x', from: 'a@b' } }, 'sender_invalid'],
      [{ ...good, attrs: { from } }, 'sender_invalid'],
      [{ ...good, content: [] }, 'ciphertext_missing'],
      [
        { ...good, content: [{ tag: 'enc', attrs: { v: '3', type: 'msg' }, content: huge }] },
        'ciphertext_version',
      ],
      [
        { ...good, content: [{ tag: 'enc', attrs: { v: '2', type: 'skmsg' }, content: huge }] },
        'ciphertext_version',
      ],
      [
        { ...good, content: [{ tag: 'enc', attrs: enc?.attrs ?? {}, content: huge }] },
        'ciphertext_too_large',
      ],
      [{ tag: 'receipt', attrs: { id: 'x', from: 'a@b' } }, 'sender_invalid'],
      [{ tag: 'receipt', attrs: { ...attrs, type: 'retry' } }, 'retry_malformed'],
      [{ tag: 'chatstate', attrs }, 'chatstate_unknown'],
      [{ tag: 'iq', attrs }, 'stanza_unknown'],
    ];
    for (const [stanza] of stanzas) talk.phone.receive(stanza);
    await refusal(talk, stanzas.length - 1);
    expect(talk.phone.refusals().map(({ code }) => code)).toEqual(stanzas.map(([, code]) => code));
    expect(talk.account.stanzas).toEqual([]);
  });

  it('survives any stanza and any change to a ciphertext', async () => {
    const talk = await talking();
    const text = fc.string({ maxLength: 20 });
    const attrs = fc.dictionary(
      fc.constantFrom('id', 'from', 'type', 'v', 'count', 'jid'),
      fc.oneof(text, fc.constant(talk.account.jid)),
    );
    const tag = fc.constantFrom(
      'message',
      'receipt',
      'chatstate',
      'enc',
      'retry',
      'keys',
      'registration',
      'list',
      'item',
    );
    const leaf = fc.record({ tag, attrs, content: fc.oneof(text, fc.uint8Array({ maxLength: 80 })) });
    const node = fc.record({ tag, attrs, content: fc.array(leaf, { maxLength: 4 }) });
    const outer = fc.record({ tag, attrs, content: fc.array(fc.oneof(leaf, node), { maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(outer, (stanza) => survives(talk, stanza)),
      { numRuns: 150 },
    );
    const good = await talk.account.message(talk.phone.jid, { conversation: 'b' });
    const place = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
    const break_ = ([at, bits]: [number, number]) =>
      survives(
        talk,
        changed(good, (bytes) => bytes.set([(bytes[at % bytes.length] ?? 0) ^ bits], at % bytes.length)),
      );
    await fc.assert(fc.asyncProperty(place, break_), { numRuns: 100 });
    talk.phone.receive(good);
    expect(await eventually(() => talk.phone.received()[1])).toMatchObject({ text: 'b' });
  });

  it('shows a message once, and acknowledges it again when it comes again', async () => {
    const talk = await talking();
    const message = await talk.account.message(talk.phone.jid, { conversation: 'once' });
    talk.phone.receive(message);
    talk.phone.receive(message);
    talk.phone.receive(
      await talk.account.message(talk.phone.jid, { conversation: 'once' }, { id: message.attrs.id ?? '' }),
    );
    await stanzaAt(talk.account, 'receipt', 'delivered', 3);
    expect(talk.phone.received()).toHaveLength(2);
    talk.phone.receive({ ...message, attrs: { ...message.attrs, id: 'another' } });
    expect(await refusal(talk)).toBe('duplicate_message');
  });

  it('refuses stanzas beyond its inbox, and messages beyond its ratchets’ queue', async () => {
    const talk = await talking();
    const late = await talk.account.message(talk.phone.jid, { conversation: 'too many' });
    for (let i = 0; i < phoneLimits.inbox; i += 1) talk.phone.receive({ tag: 'iq', attrs: {} });
    talk.phone.receive(late);
    expect(talk.phone.refusals().map(({ code }) => code)).toEqual(['inbox_full']);
    await eventually(() => talk.phone.refusals()[phoneLimits.history - 1]);

    const send = () => talk.phone.send(talk.account.jid, { kind: 'text', text: 'a' });
    const results = await Promise.allSettled(Array.from({ length: phoneLimits.ratchetQueue + 1 }, send));
    const failed = results.filter(({ status }) => status === 'rejected');
    expect(failed).toEqual([{ status: 'rejected', reason: expect.objectContaining({ code: 'busy' }) }]);
    expect(talk.phone.receipts()).toHaveLength(phoneLimits.history);
  });
});

describe('a phone whose gatekeeper takes no more', () => {
  const full = () => {
    throw new Error('full');
  };

  it('says so, and still shows what it receives', async () => {
    const talk = await talking();
    const { phone, account, exchange } = talk;
    exchange.deliver = full;
    exchange.mediaUpload = full;
    const file = { kind: 'image', file: Uint8Array.of(1), mimetype: 'image/png' } as const;
    await expect(phone.send(account.jid, file)).rejects.toMatchObject({ code: 'file_refused' });
    const text = { kind: 'text', text: 'a' } as const;
    await expect(phone.send(account.jid, text)).rejects.toMatchObject({ code: 'undeliverable' });
    phone.receive(await account.message(phone.jid, { conversation: 'b' }));
    expect(await eventually(() => phone.received()[1])).toMatchObject({ text: 'b' });
    expect(await refusal(talk)).toBe('undeliverable');
  });

  it('is told when the account has left', async () => {
    const { phone, account, exchange } = await talking();
    exchange.accounts.delete(account.jid);
    const text = { kind: 'text', text: 'a' } as const;
    await expect(phone.send(account.jid, text)).rejects.toMatchObject({ code: 'unknown_recipient' });
    expect(() => phone.sendTyping(account.jid, 'composing')).toThrow(/no longer/);
  });
});

describe('a phone that cannot decrypt', () => {
  it('asks again at most five times, with keys from the second time on', async () => {
    const talk = await talking();
    const broken = changed(await talk.account.message(talk.phone.jid, { conversation: 'a' }), flip);
    for (let i = 0; i < 7; i += 1) talk.phone.receive(broken);
    expect(await refusal(talk, 6)).toBe('retries_exhausted');
    const asked = talk.account.stanzas.filter(({ attrs }) => attrs.type === 'retry');
    expect(asked.map((node) => childOf(node, 'retry')?.attrs.count)).toEqual(['1', '2', '3', '4', '5']);
    expect(asked.map((node) => childOf(node, 'keys') !== undefined)).toEqual([false, true, true, true, true]);
    expect(childOf(asked[0] as Node, 'registration')?.content).toHaveLength(4);
    expect(asked[0]?.attrs).toMatchObject({
      id: broken.attrs.id,
      to: talk.account.jid,
      from: talk.phone.jid,
    });
  });

  it('decrypts what is sent again with the keys it enclosed', async () => {
    const talk = await talking();
    const { phone, account, exchange } = talk;
    phone.rotateIdentity();
    expect(exchange.identityChanges).toEqual([phone.jid]);
    const lost = await account.message(phone.jid, { conversation: 'lost' });
    phone.receive(lost);
    phone.receive(lost);
    const keys = childOf(await stanzaAt(account, 'receipt', 'retry', 1), 'keys') as Node;
    const bytes = (node: Node | undefined, tag: string) => childOf(node as Node, tag)?.content as Uint8Array;
    const number = (id: Uint8Array) => Buffer.from(id).readUIntBE(0, 3);
    const [key, skey] = [childOf(keys, 'key'), childOf(keys, 'skey')];
    expect(bytes(keys, 'type')).toEqual(Uint8Array.of(5));
    const bundle = {
      registrationId: 1,
      identityKey: bytes(keys, 'identity'),
      preKey: { id: number(bytes(key, 'id')), key: bytes(key, 'value') },
      signedPreKey: {
        id: number(bytes(skey, 'id')),
        key: bytes(skey, 'value'),
        signature: bytes(skey, 'signature'),
      },
    };
    phone.receive(
      await account.message(phone.jid, { conversation: 'found' }, { bundle, id: lost.attrs.id ?? '' }),
    );
    expect(await eventually(() => phone.received()[1])).toMatchObject({ id: lost.attrs.id, text: 'found' });
  });
});

describe('an account that cannot decrypt', () => {
  const asks = (account: string, id: string, count: number): Node => ({
    tag: 'receipt',
    attrs: { id, from: account, type: 'retry' },
    content: [
      { tag: 'retry', attrs: { id, count: String(count), v: '1' } },
      { tag: 'registration', attrs: {}, content: Uint8Array.of(0, 0, 1, 2) },
    ],
  });

  it('gets the message again under a new session, even as a new installation', async () => {
    const talk = await talking();
    const { phone, exchange } = talk;
    const account = exchange.enlist(talk.account.jid);
    const id = await phone.send(account.jid, { kind: 'text', text: 'again' });
    await expect(account.read(await stanzaAt(account, 'message'))).rejects.toThrow();
    phone.receive(asks(account.jid, id, 1));
    const resent = await stanzaAt(account, 'message', undefined, 1);
    expect(resent.attrs.id).toBe(id);
    expect(childOf(resent, 'enc')?.attrs).toMatchObject({ type: 'pkmsg', count: '1' });
    expect(await account.read(resent)).toEqual({ conversation: 'again' });
    expect(phone.identityChanges()).toMatchObject([{ account: account.jid }]);
    expect(phone.receipts()).toMatchObject([{ id, retries: 1 }]);
  });

  it('gets it under the keys it encloses', async () => {
    const { phone, account } = await talking();
    const id = await phone.send(account.jid, { kind: 'text', text: 'again' });
    const { signedPreKey, identityKey } = account.takeBundle();
    const leaf = (tag: string, content: Uint8Array): Node => ({ tag, attrs: {}, content });
    const three = Uint8Array.of(0, 0, 1);
    const skey = [
      leaf('id', three),
      leaf('value', signedPreKey.key),
      leaf('signature', signedPreKey.signature),
    ];
    const keys = {
      tag: 'keys',
      attrs: {},
      content: [leaf('identity', identityKey), { tag: 'skey', attrs: {}, content: skey }],
    };
    const ask = asks(account.jid, id, 2);
    phone.receive({ ...ask, content: [...(ask.content as Node[]), keys] });
    const resent = await stanzaAt(account, 'message', undefined, 1);
    expect(account.taken).toHaveLength(1);
    account.forget(phone.jid);
    expect(await account.read(resent)).toEqual({ conversation: 'again' });
  });

  it('is refused when it asks too often, for an unknown message, or for another account’s', async () => {
    const talk = await talking();
    const { phone, account, exchange } = talk;
    exchange.enlist('1-43@interop');
    const id = await phone.send(account.jid, { kind: 'text', text: 'a' });
    for (let count = 1; count <= 6; count += 1) phone.receive(asks(account.jid, id, count));
    phone.receive(asks(account.jid, 'unknown', 1));
    phone.receive(asks('1-43@interop', id, 1));
    await refusal(talk, 2);
    expect(phone.refusals().map(({ code }) => code)).toEqual([
      'retry_exhausted',
      'retry_unknown',
      'retry_unknown',
    ]);
    expect(account.stanzas.filter(({ tag }) => tag === 'message')).toHaveLength(1 + phoneLimits.retries);
  });
});

function wrap(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}
