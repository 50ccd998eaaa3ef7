import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../clock.js';
import { type Delivery, FakeProvider } from '../testing/fake-provider.js';
import { Person } from '../testing/person.js';
import type { SendRequest } from './compose.js';

let provider: FakeProvider;
let folder: string;
let people: Person[];

const eventually = <T>(check: () => T) => vi.waitFor(check, { timeout: 8_000, interval: 10 });
const texts = (person: Person) => person.told.message.map((message) => message.text);

const inFolder = (name: string) => join(folder, name);

async function newcomer(name: string): Promise<Person> {
  const person = new Person(provider, inFolder(name));
  people.push(person);
  return person.join();
}

beforeEach(async () => {
  people = [];
  folder = mkdtempSync(join(tmpdir(), 'sdk-'));
  provider = new FakeProvider();
  await provider.listen();
});
afterEach(async () => {
  for (const person of people) await person.device.close().catch(() => undefined);
  await provider.close();
  rmSync(folder, { recursive: true });
});

describe('two devices', () => {
  it('exchange text, reply, reaction, typing and receipts both ways', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const text = await from.send(to, { kind: 'text', text: 'hello ✓' });
      await eventually(() => expect(to.told.message.at(-1)).toMatchObject({ id: text.id }));
      expect(to.told.message.at(-1)).toMatchObject({ kind: 'text', text: 'hello ✓', from: from.jid });
      await to.send(from, { kind: 'reply', text: 'yes?', id: text.id });
      await to.send(from, { kind: 'reaction', text: '👍', id: text.id });
      await to.send(from, { kind: 'reaction', text: '', id: text.id });
      await to.send(from, { kind: 'read', id: text.id });
      await to.send(from, { kind: 'typing' });
      await eventually(() => {
        expect(from.told.message.slice(-3)).toMatchObject([
          { kind: 'reply', text: 'yes?', target: text.id },
          { kind: 'reaction', text: '👍', target: text.id },
          { kind: 'reaction', text: '', target: text.id },
        ]);
        expect(from.told.typing).toContainEqual({ from: to.jid, state: 'composing' });
        const kinds = from.told.receipt
          .filter((receipt) => receipt.ids.includes(text.id))
          .map((one) => one.kind);
        expect(kinds).toEqual(['delivered', 'read']);
        expect(from.told.accepted.map((one) => one.id)).toContain(text.id);
      });
    }
  });

  it('exchange files, which arrive as they were', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const file = inFolder('picture');
    const content = Buffer.alloc(150_000, 'pixels');
    writeFileSync(file, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    provider.media.cutOff = 1;
    for (const kind of ['image', 'voice', 'video', 'document'] as const) {
      await alice.send(bob, { kind, file, text: 'look', fileName: 'a.pdf', mimetype: 'x/y' });
      await eventually(() =>
        expect(bob.told.message.at(-1)).toMatchObject({ kind, sha256, mimetype: 'x/y' }),
      );
      expect(readFileSync(bob.told.message.at(-1)?.path ?? '')).toEqual(content);
    }
    expect(bob.told.message.at(-1)).toMatchObject({ fileName: 'a.pdf', text: 'look', fileLength: 150_000 });
    expect(readdirSync(inFolder('alice/media'))).toEqual([]);
    expect(readdirSync(inFolder('bob/media'))).toHaveLength(4);
  });

  it('refuse a tampered photo with the reason and show the rest', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const file = inFolder('picture');
    writeFileSync(file, Buffer.alloc(1_000, 1));
    for (const at of [100, -1]) {
      provider.media.tamper = (bytes) => {
        const changed = Buffer.from(bytes);
        const index = at < 0 ? changed.byteLength + at : at;
        changed[index] = (changed[index] ?? 0) ^ 1;
        return changed;
      };
      await alice.send(bob, { kind: 'image', file });
      await eventually(() => expect(bob.told.message.at(-1)?.mediaError).toBe('media_hash_mismatch'));
      expect(bob.told.message.at(-1)).not.toHaveProperty('path');
      provider.media.tamper = (bytes) => bytes.subarray(1);
      await alice.send(bob, { kind: 'image', file });
      await eventually(() => expect(bob.told.message.at(-1)?.mediaError).toBe('media_size_mismatch'));
    }
    provider.media.tamper = (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]);
    await alice.send(bob, { kind: 'image', file });
    await alice.send(bob, { kind: 'text', text: 'after' });
    await eventually(() => expect(bob.told.message.at(-1)?.text).toBe('after'));
    expect(bob.told.message.at(-2)?.mediaError).toBe('api_response_invalid');
    expect(readdirSync(inFolder('bob/media'))).toEqual([]);
  });
});

it('fetches a file later that was not there at first', async () => {
  const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
  const file = inFolder('note');
  writeFileSync(file, 'sound');
  const blobs = [...provider.media.blobs];
  provider.onDeliver = (frame) => {
    if (frame.type === 'message') {
      blobs.push(...provider.media.blobs);
      provider.media.blobs.clear();
    }
    return [frame];
  };
  const { id } = await alice.send(bob, { kind: 'voice', file });
  await eventually(() => expect(bob.told.message).toMatchObject([{ id, mediaError: 'media_unknown' }]));
  for (const [reference, blob] of blobs) provider.media.blobs.set(reference, blob);
  const shown = await bob.device.fetchFile({ from: alice.jid, id });
  expect(shown).not.toHaveProperty('mediaError');
  expect(readFileSync(shown?.path ?? '', 'utf8')).toBe('sound');
  expect(bob.device.received()).toEqual([shown]);
  expect(await bob.device.fetchFile({ from: alice.jid, id: 'unknown' })).toBeUndefined();
});

describe('delivery', () => {
  it('shows a message once however often it is delivered, and acknowledges each time', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    provider.onDeliver = (frame) => [frame, frame];
    await alice.send(bob, { kind: 'text', text: 'once' });
    await alice.send(bob, { kind: 'text', text: 'next' });
    await eventually(() => expect(texts(bob)).toEqual(['once', 'next']));
    await eventually(() => expect(bob.other.undelivered.size).toBe(0));
    expect(texts(bob)).toEqual(['once', 'next']);
    expect(provider.frames.filter((frame) => frame.type === 'receipt')).toEqual([]);
  });

  it('loses and repeats nothing when acknowledgements are lost and the app restarts', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    provider.acknowledges = false;
    for (const text of ['1', '2', '3']) await alice.send(bob, { kind: 'text', text });
    await eventually(() => expect(texts(bob)).toEqual(['1', '2', '3']));
    const later = await bob.again();
    people.push(later);
    provider.acknowledges = true;
    await later.device.connect();
    await alice.send(later, { kind: 'text', text: '4' });
    await eventually(() => expect(texts(later)).toEqual(['4']));
    await eventually(() => expect(later.other.undelivered.size).toBe(0));
    expect(later.device.received().map((message) => message.text)).toEqual(['1', '2', '3', '4']);
  });

  it('does not show a message again to an application that was killed while it was shown', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    // What a process leaves that ends at this moment.
    bob.device.events.once('message', () => cpSync(inFolder('bob'), inFolder('killed'), { recursive: true }));
    for (const text of ['1', '2']) await alice.send(bob, { kind: 'text', text });
    await eventually(() => expect(texts(bob)).toEqual(['1', '2']));
    await bob.device.close();
    const later = new Person(provider, inFolder('killed'));
    people.push(later);
    await later.device.register();
    await later.device.connect();
    await alice.send(bob, { kind: 'text', text: '3' });
    await eventually(() => expect(texts(later)).toContain('3'));
    expect(texts(later)).not.toContain('1');
    expect(later.device.received()[0]).toMatchObject({ text: '1' });
  });

  it('sends what was queued without a connection, once it is there, in order', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    alice.device.disconnect();
    for (const text of ['1', '2', '3']) await alice.send(bob, { kind: 'text', text });
    await expect(alice.send(bob, { kind: 'typing' })).rejects.toMatchObject({ code: 'not_connected' });
    const later = await alice.again();
    people.push(later);
    await later.device.connect();
    await eventually(() => expect(texts(bob)).toEqual(['1', '2', '3']));
  });

  it('sends again with the same id and ciphertext until there is an answer', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const fates = [{ refuse: 'not_connected', retryable: true }, 'drop' as const];
    provider.onSend = () => fates.shift() ?? 'accept';
    const { id } = await alice.send(bob, { kind: 'text', text: 'stubborn' });
    await eventually(() => expect(provider.frames.filter((frame) => frame.type === 'send')).toHaveLength(2));
    alice.other.socket?.terminate();
    await eventually(() => expect(texts(bob)).toEqual(['stubborn']));
    const sent = provider.frames.filter((frame) => frame.type === 'send');
    expect(new Set(sent.map((frame) => `${frame.id} ${frame.message.encrypted.ciphertext}`)).size).toBe(1);
    expect(alice.told.accepted).toEqual([{ id, timestamp: 1 }]);
  });

  it('tells why a message was refused', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const unknown = await alice.device.send({ to: '12-99@interop', kind: 'text', text: 'x' });
    await eventually(() =>
      expect(alice.told.refused).toEqual([{ id: unknown.id, code: 'recipient_unknown' }]),
    );
    provider.onSend = () => ({ refuse: 'upstream_refused', retryable: false });
    const refused = await alice.send(bob, { kind: 'text', text: 'x' });
    await eventually(() =>
      expect(alice.told.refused).toContainEqual({ id: refused.id, code: 'upstream_refused' }),
    );
    const code = (request: SendRequest) =>
      alice.device.send(request).catch((error: { code: string }) => error.code);
    expect(await code({ to: 'nobody', kind: 'text', text: 'x' })).toBe('recipient_invalid');
    expect(await code({ to: bob.jid, kind: 'text' })).toBe('content_missing');
    expect(await code({ to: bob.jid, kind: 'reply', text: 'x' })).toBe('content_missing');
    expect(await code({ to: bob.jid, kind: 'image' })).toBe('content_missing');
    expect(await code({ to: bob.jid, kind: 'image', file: inFolder('none') })).toBe('media_file_unusable');
    expect(await code({ to: bob.jid, kind: 'text', text: 'x'.repeat(300_000) })).toBe('content_too_large');
  });
});

describe('messages that cannot be decrypted', () => {
  const damaged = (frame: Parameters<FakeProvider['onDeliver']>[0]) => {
    if (frame.type !== 'message') return frame;
    const bytes = Buffer.from(frame.message.encrypted.ciphertext, 'base64');
    bytes[bytes.byteLength - 12] = (bytes.at(-12) ?? 0) ^ 1;
    const encrypted = { ...frame.message.encrypted, ciphertext: bytes.toString('base64') };
    return { ...frame, message: { ...frame.message, encrypted } };
  };

  it('are asked for again, with keys from the second time on, and shown once', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    let failures = 3;
    provider.onDeliver = (frame) => [frame.type === 'message' && failures-- > 0 ? damaged(frame) : frame];
    await alice.send(bob, { kind: 'text', text: 'at last' });
    await alice.send(bob, { kind: 'text', text: 'second' });
    await eventually(() => expect([...texts(bob)].sort()).toEqual(['at last', 'second']));
    const retries = provider.frames.flatMap((frame) =>
      frame.type === 'receipt' ? [frame.receipt.retry] : [],
    );
    expect(retries.some((retry) => retry?.count === 2 && retry.bundle !== undefined)).toBe(true);
    await eventually(() => expect(bob.other.undelivered.size).toBe(0));
    expect(bob.told.unreadable).toEqual([]);
  });

  it('are given up after five requests, which is said once, and nothing else is held up', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    let broken = '';
    provider.onDeliver = (frame) =>
      frame.type === 'message' && frame.message.id === broken ? [damaged(frame)] : [frame];
    provider.onSend = (frame) => {
      broken ||= frame.id;
      return 'accept';
    };
    await alice.send(bob, { kind: 'text', text: 'lost' });
    await alice.send(bob, { kind: 'text', text: 'fine' });
    await eventually(() => expect(texts(bob)).toEqual(['fine']));
    await eventually(() => {
      const asked = provider.frames.filter(
        (frame) => frame.type === 'receipt' && frame.receipt.kind === 'retry',
      );
      expect(asked).toHaveLength(5);
      expect(bob.told.unreadable).toEqual([{ id: broken, from: alice.jid }]);
    });
  });
});

describe('identity changes', () => {
  it('hold everything that is sent until the user accepts them', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.send(bob, { kind: 'text', text: 'hi' });
    await eventually(() => expect(texts(bob)).toEqual(['hi']));
    provider.deliver(alice.other, { type: 'identity', identity: { peer: bob.jid } });
    await eventually(() => expect(alice.told.identity).toEqual([{ peer: bob.jid }]));
    await expect(alice.send(bob, { kind: 'text', text: 'no' })).rejects.toMatchObject({
      code: 'identity_changed',
    });
    alice.device.acceptIdentity(bob.jid);
    await alice.send(bob, { kind: 'text', text: 'yes' });
    await eventually(() => expect(texts(bob)).toEqual(['hi', 'yes']));
  });

  it('do not let a request for a message reach a new key unseen', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.send(bob, { kind: 'text', text: 'secret' });
    await eventually(() => expect(texts(bob)).toEqual(['secret']));
    const thief = await newcomer('thief');
    const { registrationId, identityKey, signedPreKey } = thief.other.keys ?? { registrationId: 0 };
    if (identityKey === undefined || signedPreKey === undefined) throw new Error('no keys');
    const retry = {
      count: 2,
      registrationId,
      timestamp: 1,
      bundle: { registrationId, identityKey, signedPreKey },
    };
    const ids = [alice.told.accepted[0]?.id ?? ''];
    provider.deliver(alice.other, {
      type: 'receipt',
      receipt: { from: bob.jid, kind: 'retry', ids, timestamp: 1, retry },
    });
    await eventually(() => expect(alice.told.identity).toEqual([{ peer: bob.jid }]));
    await eventually(() => expect(alice.other.undelivered.size).toBe(0));
    const sends = provider.frames.filter((frame) => frame.type === 'send');
    expect(sends).toHaveLength(1);
    // The gatekeeper still names the old key, which is one more change.
    alice.device.acceptIdentity(bob.jid);
    await eventually(() => expect(alice.told.identity).toHaveLength(2));
    alice.device.acceptIdentity(bob.jid);
    await eventually(() => expect(provider.frames.filter((frame) => frame.type === 'send')).toHaveLength(2));
    expect(thief.told.message).toEqual([]);
  });
});

describe('the connection', () => {
  it('comes back after it was cut, and stays away after another device took over', async () => {
    const alice = await newcomer('alice');
    alice.other.socket?.terminate();
    await eventually(() => expect(alice.other.connections).toBe(2));
    alice.other.socket?.close(4409);
    await eventually(() => expect(alice.told.connection).toContainEqual({ online: false, code: 'replaced' }));
    expect(alice.other.connections).toBe(2);
    await Promise.all([alice.device.connect(), alice.device.connect()]);
    alice.device.disconnect();
    await alice.device.connect();
    expect(alice.other.connections).toBe(4);
  });

  it('does not open for a user who has not opted in, and nothing passes after opting out', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const stranger = new Person(provider, inFolder('stranger'));
    people.push(stranger);
    await expect(stranger.device.connect()).rejects.toMatchObject({ code: 'not_registered' });
    await stranger.device.register();
    await expect(stranger.device.connect()).rejects.toMatchObject({
      code: 'session_refused',
      reason: 'withdrawn',
    });
    alice.device.disconnect();
    const { id } = await alice.send(bob, { kind: 'text', text: 'too late' });
    expect(await alice.device.optOut()).toMatchObject({ state: 'deleted' });
    expect(alice.told.refused).toEqual([{ id, code: 'not_enlisted' }]);
    await expect(alice.device.connect()).rejects.toMatchObject({ code: 'session_refused' });
  });

  it('publishes more prekeys when they run low, and not again for a repeated notice', async () => {
    const alice = await newcomer('alice');
    const { keys } = alice.other;
    if (keys === undefined) throw new Error('no keys');
    const first = keys.preKeys.length;
    keys.preKeys.splice(0, first - 3);
    for (let notice = 0; notice < 3; notice++)
      provider.tell(alice.other, { type: 'prekeys-low', available: 3 });
    await eventually(() => expect(alice.other.keys?.preKeys).toHaveLength(first));
    const ids = alice.other.keys?.preKeys.map((key) => key.id) ?? [];
    expect(new Set(ids).size).toBe(first);
    expect(Math.max(...ids)).toBe(2 * first - 3);
  });

  it('renews a signed prekey that is 27 days old, and still reads what was encrypted to the old one', async () => {
    const [before, bob] = [await newcomer('alice'), await newcomer('bob')];
    const offered = () => alice.other.keys?.signedPreKey.id;
    // Bob's message, to the keys of today, is underway for weeks.
    const underway: Delivery[] = [];
    provider.onDeliver = (frame) => (frame.type === 'message' ? (underway.push(frame), []) : [frame]);
    await bob.send(before, { kind: 'text', text: 'from long ago' });
    await eventually(() => expect(underway).toHaveLength(1));
    const later: Clock = { ...systemClock, now: () => Date.now() + 27 * 86_400_000 };
    const alice = await before.again(later);
    people.push(alice);
    expect(offered()).toBe(1);
    const left = alice.other.keys?.preKeys.length;
    await alice.device.connect();
    await eventually(() => expect(offered()).toBe(2));
    expect(alice.other.keys?.preKeys).toHaveLength(left ?? 0);
    provider.onDeliver = (frame) => [frame];
    for (const frame of underway) provider.deliver(alice.other, frame);
    await eventually(() => expect(texts(alice)).toEqual(['from long ago']));
    // Who asks now is given the new one, and is read too.
    const carol = await newcomer('carol');
    await carol.send(alice, { kind: 'text', text: 'from today' });
    await eventually(() => expect(texts(alice)).toEqual(['from long ago', 'from today']));
    expect(alice.told.unreadable).toEqual([]);
  });
});
