import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { x3dhSuite } from '../suites/x3dh/suite.js';
import { DeviceStore } from './device-store.js';
import { StoreError } from './errors.js';
import { maxQueued } from './outgoing.js';

const content = new Uint8Array([1, 2, 3]);
const peer = { name: '49@s.whatsapp.net', device: 0 };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error);
  }
  return 'no error';
}

describe('the file of a device', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'device-'));
    file = join(folder, 'a', 'device.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps identity, prekey counter and queue over a restart', () => {
    const first = DeviceStore.open(file, 'simulator');
    const identity = first.keys.identity();
    const signed = first.keys.signedPreKey();
    const keys = first.keys.unpublished(3).map((key) => key.id);
    first.keys.markPublished(keys);
    first.outgoing.add({ id: 'A', recipient: 'r', stanzaType: 'text', plaintext: content });
    first.close();
    const second = DeviceStore.open(file, 'simulator');
    expect(second.keys.identity()).toEqual(identity);
    expect(second.keys.signedPreKey()).toEqual(signed);
    expect(keys).toEqual([1, 2, 3]);
    expect(second.keys.unpublished(2).map((key) => key.id)).toEqual([4, 5]);
    expect(second.outgoing.nextFor('r')).toMatchObject({ id: 'A', plaintext: content });
    second.close();
  });

  it('is opened by one at a time, for one gatekeeper, and not by an older version', () => {
    const first = DeviceStore.open(file, 'simulator');
    expect(codeOf(() => DeviceStore.open(file, 'simulator'))).toBe('store_in_use');
    first.close();
    expect(codeOf(() => DeviceStore.open(file, 'whatsapp'))).toBe('store_of_other_gatekeeper');
    const raw = new DatabaseSync(file);
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    expect(codeOf(() => DeviceStore.open(file, 'simulator'))).toBe('store_version_unknown');
    expect(codeOf(() => DeviceStore.open(folder, 'simulator'))).toBe('store_unusable');
  });

  it('commits the ratchet advance and the message together or not at all', async () => {
    const [alice, bob] = [DeviceStore.open(':memory:', 'simulator'), DeviceStore.open(file, 'simulator')];
    const identity = bob.keys.identity();
    const { id, publicKey, signature } = bob.keys.signedPreKey();
    const [preKey] = bob.keys.unpublished(1);
    const outgoing = alice.ratchet();
    await x3dhSuite.establish(outgoing, peer, {
      registrationId: identity.registrationId,
      identityKey: identity.publicKey,
      signedPreKey: { id, key: publicKey, signature },
      ...(preKey && { preKey: { id: preKey.id, key: preKey.publicKey } }),
    });
    const message = await x3dhSuite.encrypt(outgoing, peer, content);
    const receive = async (crash: boolean) => {
      const unit = bob.ratchet();
      const plaintext = await x3dhSuite.decrypt(unit, peer, message);
      bob.transaction(() => {
        unit.apply();
        bob.received.add({ sender: peer.name, id: 'M', sentAt: 1, content: plaintext });
        if (crash) throw new Error('power cut');
      });
    };
    await expect(receive(true)).rejects.toThrow('power cut');
    expect(bob.peers.session(peer)).toBeUndefined();
    expect(bob.keys.preKey(1)).toBeDefined();
    expect(bob.received.has(peer.name, 'M')).toBe(false);
    await receive(false);
    expect(bob.keys.preKey(1)).toBeUndefined();
    expect(bob.received.newest(1)[0]?.content).toEqual(content);
    await expect(receive(false)).rejects.toThrow('duplicate_message');
    bob.close();
  });
});

describe('keys', () => {
  it('offers unpublished prekeys again instead of minting more', () => {
    const { keys } = DeviceStore.open(':memory:', 'simulator');
    expect(keys.unpublished(3).map((key) => key.id)).toEqual([1, 2, 3]);
    expect(keys.unpublished(4).map((key) => key.id)).toEqual([1, 2, 3, 4]);
    expect(keys.forRetry()?.id).toBe(5);
    keys.markPublished([1, 2, 3, 4]);
    expect(keys.unpublished(1).map((key) => key.id)).toEqual([6]);
  });

  it('makes no more than four thousand, and keeps the newest five hundred that went along with requests', () => {
    const store = DeviceStore.open(':memory:', 'simulator');
    const made = store.transaction(() => {
      for (let n = 0; n < 502; n++) store.keys.forRetry();
      return store.keys.unpublished(5_000);
    });
    expect([store.keys.preKey(2), store.keys.preKey(3)?.privateKey.byteLength]).toEqual([undefined, 32]);
    expect(made).toHaveLength(4_000);
    expect(store.keys.unpublished(5_000)).toHaveLength(4_000);
  });

  it('ends at the last id of 24 bits instead of starting over', () => {
    const store = DeviceStore.open(':memory:', 'simulator');
    store.meta.put('next_prekey_id', String(0xffffff));
    expect(store.keys.unpublished(5).map((key) => key.id)).toEqual([0xffffff]);
    expect(store.keys.forRetry()).toBeUndefined();
  });
});

describe('received messages', () => {
  it('stores one per sender and id, and shows each once in order', () => {
    const { received } = DeviceStore.open(':memory:', 'simulator');
    const add = (sender: string, id: string) => received.add({ sender, id, sentAt: 1, content });
    expect([add('a', '1'), add('a', '2'), add('a', '1'), add('b', '1')]).toEqual([true, true, false, true]);
    expect(received.sendersToShow()).toEqual(['a', 'b']);
    const shown: string[] = [];
    for (let next = received.nextToShow('a'); next; next = received.nextToShow('a')) {
      shown.push(next.id);
      received.markShown(next.seq);
    }
    expect(shown).toEqual(['1', '2']);
  });

  it('counts how often an unreadable message was asked for, and forgets it once it came', () => {
    const { received } = DeviceStore.open(':memory:', 'simulator');
    const message = { sender: 'a', id: '1', replyTo: 'a:1', sentAt: 5 };
    expect([received.noteUnreadable(message), received.noteUnreadable(message)]).toEqual([1, 2]);
    expect(received.unreadable()).toEqual([{ ...message, count: 2 }]);
    received.add({ sender: 'a', id: '1', sentAt: 5, content });
    expect(received.unreadable()).toEqual([]);
  });

  it('remembers at most a thousand unreadable messages', () => {
    const store = DeviceStore.open(':memory:', 'simulator');
    store.transaction(() => {
      for (let n = 0; n < 1_005; n++) {
        store.received.noteUnreadable({ sender: 'a', id: String(n), replyTo: 'a', sentAt: n });
      }
    });
    const left = store.received.unreadable();
    expect([left.length, left[0]?.id]).toEqual([1_000, '5']);
  });

  it('drops the oldest shown message beyond twenty thousand', () => {
    const store = DeviceStore.open(':memory:', 'simulator');
    store.transaction(() => {
      for (let n = 1; n <= 20_001; n++) {
        store.received.add({ sender: 'a', id: String(n), sentAt: n, content });
        if (n !== 2) store.received.markShown(n);
      }
      store.received.add({ sender: 'a', id: 'last', sentAt: 0, content });
    });
    expect([
      store.received.has('a', '1'),
      store.received.has('a', '2'),
      store.received.has('a', '3'),
    ]).toEqual([false, true, true]);
  });
});

describe('outgoing messages', () => {
  const message = (id: string, recipient = 'r') =>
    ({ id, recipient, stanzaType: 'text', plaintext: content }) as const;

  it('sends again what was asked for before its first acceptance came', () => {
    const { outgoing } = DeviceStore.open(':memory:', 'simulator');
    outgoing.add(message('1'));
    expect(outgoing.requeue('r', '1', 1)).toBe(true);
    expect(outgoing.settle('1', 'accepted', 0)).toBe(false);
    expect(outgoing.nextFor('r')).toMatchObject({ id: '1', retryCount: 1 });
    expect(outgoing.settle('1', 'accepted', 1)).toBe(true);
  });

  it('keeps one ciphertext per message until it is settled', () => {
    const { outgoing } = DeviceStore.open(':memory:', 'simulator');
    outgoing.add(message('1'));
    outgoing.add(message('2'));
    outgoing.setEncrypted('1', { type: 'msg', body: content });
    expect(outgoing.nextFor('r')).toMatchObject({ id: '1', encrypted: { type: 'msg', body: content } });
    expect([outgoing.settle('1', 'accepted'), outgoing.settle('1', 'accepted')]).toEqual([true, false]);
    expect(outgoing.nextFor('r')?.id).toBe('2');
    expect([outgoing.settle('1', 'refused'), outgoing.settle('1', 'accepted')]).toEqual([true, false]);
    expect(outgoing.stateOf('r', '1')).toBe('refused');
  });

  it('moves states forward only, and only for the recipient', () => {
    const { outgoing } = DeviceStore.open(':memory:', 'simulator');
    outgoing.add(message('1'));
    outgoing.settle('1', 'accepted');
    expect(outgoing.advance('other', ['1'], 'read')).toEqual([]);
    expect(outgoing.advance('r', ['1', 'x'], 'read')).toEqual(['1']);
    expect(outgoing.advance('r', ['1'], 'delivered')).toEqual([]);
    expect(outgoing.advance('r', ['1'], 'read')).toEqual([]);
  });

  it('queues again what the recipient asks for, once per count', () => {
    const { outgoing } = DeviceStore.open(':memory:', 'simulator');
    outgoing.add(message('1'));
    outgoing.settle('1', 'accepted');
    expect(outgoing.requeue('other', '1', 1)).toBe(false);
    expect(outgoing.requeue('r', '1', 1)).toBe(true);
    expect(outgoing.nextFor('r')).toMatchObject({ id: '1', retryCount: 1 });
    outgoing.settle('1', 'accepted');
    expect(outgoing.requeue('r', '1', 1)).toBe(false);
  });

  it('refuses an id that was used and a queue that is full', () => {
    const store = DeviceStore.open(':memory:', 'simulator');
    store.transaction(() => {
      for (let n = 0; n < maxQueued; n++) store.outgoing.add(message(String(n)));
    });
    expect(codeOf(() => store.outgoing.add(message('more')))).toBe('outgoing_queue_full');
    store.outgoing.settle('0', 'refused');
    expect(codeOf(() => store.outgoing.add(message('1')))).toBe('stanza_id_used');
    expect(store.outgoing.refuseAll()).toHaveLength(maxQueued - 1);
  });

  it('keeps the plaintext of the last 512 settled messages', () => {
    const store = DeviceStore.open(':memory:', 'simulator');
    store.transaction(() => {
      for (let n = 1; n <= 513; n++) {
        store.outgoing.add(message(String(n)));
        store.outgoing.settle(String(n), 'accepted');
      }
    });
    expect(store.outgoing.plaintextOf('r', '1')).toBeUndefined();
    expect(store.outgoing.requeue('r', '1', 1)).toBe(false);
    expect(store.outgoing.plaintextOf('r', '2')).toEqual(content);
  });
});

describe('peers', () => {
  it('blocks on an announced change until it is accepted, then trusts the next key', () => {
    const { peers } = DeviceStore.open(':memory:', 'simulator');
    expect(peers.announceChange(peer.name)).toBe(false);
    peers.putIdentity(peer, { key: content, state: 'trusted' });
    expect(peers.announceChange(peer.name)).toBe(true);
    expect(peers.hasChangedIdentity(peer.name)).toBe(true);
    peers.acceptChange(peer.name);
    expect(peers.hasChangedIdentity(peer.name)).toBe(false);
    expect(peers.identity(peer)).toBeUndefined();
  });
});

it('keeps read receipts that are due, the newest thousand', () => {
  const store = DeviceStore.open(':memory:', 'simulator');
  store.transaction(() => {
    for (let n = 0; n <= 1_000; n++) store.receiptsDue.add('r', String(n));
  });
  store.receiptsDue.remove('r', '5');
  const due = store.receiptsDue.all();
  expect([due.length, due[0]?.id]).toEqual([999, '1']);
});
