import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { conversation, eventually, NOW, stanzaAt } from '../../test/conversation.js';
import { phoneLimits } from './phone-limits.js';
import { PhoneUser } from './phone-user.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

// The counterpart's library prints whole sessions when it closes one.
beforeEach(() => {
  vi.spyOn(console, 'info').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

describe('a phone and an account on another Signal implementation', () => {
  it('decrypts a first text, lists it and sends the delivered receipt', async () => {
    const { phone, account } = conversation();
    const first = await account.message(phone.jid, { conversation: 'hi' }, { bundle: phone.takeBundle() });
    phone.receive({ ...first, attrs: { ...first.attrs, from: '1-42:0@interop' } });
    const message = await eventually(() => phone.received()[0]);
    expect(message).toEqual({ id: first.attrs.id, from: account.jid, kind: 'text', text: 'hi', at: NOW });
    const receipt = await stanzaAt(account, 'receipt', 'delivered');
    expect(receipt.attrs).toEqual({ id: first.attrs.id, from: phone.jid, to: account.jid, t: '1700000000' });
  });

  it('writes to an account by identifier, and both go on with ratcheted messages', async () => {
    const { phone, account } = conversation();
    const id = await phone.send('alice@example.org', { kind: 'text', text: 'hello' });
    expect(id).toMatch(/^3EB0[0-9A-F]{18}$/);
    const sent = await stanzaAt(account, 'message');
    expect(sent.attrs).toMatchObject({ id, type: 'text', from: phone.jid, to: account.jid, notify: 'Bob' });
    expect(await account.read(sent)).toEqual({ conversation: 'hello' });
    for (let turn = 0; turn < 3; turn += 1) {
      phone.receive(await account.message(phone.jid, { conversation: `in ${turn}` }));
      await eventually(() => phone.received()[turn]);
      await phone.send(account.jid, { kind: 'text', text: `out ${turn}` });
      const out = await stanzaAt(account, 'message', undefined, turn + 1);
      expect(out.content).toMatchObject([{ attrs: { v: '2', type: 'msg' } }]);
      expect(await account.read(out)).toEqual({ conversation: `out ${turn}` });
    }
    expect(account.taken).toHaveLength(1);
    expect(phone.received().map(({ text }) => text)).toEqual(['in 0', 'in 1', 'in 2']);
  });

  it('gets over first messages that cross, and over messages out of order', async () => {
    const { phone, account } = conversation();
    const crossing = await account.message(phone.jid, { conversation: 'in' }, { bundle: phone.takeBundle() });
    await phone.send(account.jid, { kind: 'text', text: 'out' });
    phone.receive(crossing);
    expect(await account.read(await stanzaAt(account, 'message'))).toEqual({ conversation: 'out' });
    await eventually(() => phone.received()[0]);
    const messages = [];
    for (const text of ['1', '2', '3'])
      messages.push(await account.message(phone.jid, { conversation: text }));
    for (const index of [2, 0, 1]) phone.receive(messages[index] ?? crossing);
    await eventually(() => phone.received()[3]);
    expect(phone.received().map(({ text }) => text)).toEqual(['in', '3', '1', '2']);
    await phone.send(account.jid, { kind: 'text', text: 'after' });
    expect(await account.read(await stanzaAt(account, 'message', undefined, 1))).toEqual({
      conversation: 'after',
    });
    expect(phone.refusals()).toEqual([]);
  });

  it('takes the ciphertext of its own entry among participants', async () => {
    const { phone, account } = conversation();
    const plain = await account.message(phone.jid, { conversation: 'hi' }, { bundle: phone.takeBundle() });
    const content = Array.isArray(plain.content) ? plain.content : [];
    const other = { tag: 'to', attrs: { jid: '99999@s.whatsapp.net' }, content: [] };
    const own = { tag: 'to', attrs: { jid: '4915550001:0@s.whatsapp.net' }, content };
    phone.receive({ ...plain, content: [{ tag: 'participants', attrs: {}, content: [other, own] }] });
    expect(await eventually(() => phone.received()[0])).toMatchObject({ text: 'hi' });
  });

  it('reads and writes replies and reactions', async () => {
    const { phone, account } = conversation();
    const first = await account.message(
      phone.jid,
      { conversation: 'lunch?' },
      { bundle: phone.takeBundle() },
    );
    phone.receive(first);
    await eventually(() => phone.received()[0]);
    const target = first.attrs.id ?? '';
    await phone.send(account.jid, { kind: 'reply', text: 'yes', target });
    expect(await account.read(await stanzaAt(account, 'message'))).toEqual({
      extendedTextMessage: {
        text: 'yes',
        contextInfo: {
          stanzaId: target,
          participant: account.jid,
          quotedMessage: { conversation: 'lunch?' },
        },
      },
    });
    await phone.send(account.jid, { kind: 'reaction', emoji: '👍', target });
    const key = { remoteJid: account.jid, fromMe: false, id: target };
    expect(await account.read(await stanzaAt(account, 'message', undefined, 1))).toEqual({
      reactionMessage: { key, text: '👍', senderTimestampMs: NOW },
    });
    const own = await phone.send(account.jid, { kind: 'reaction', emoji: '', target });
    expect(await account.read(await stanzaAt(account, 'message', undefined, 2))).toMatchObject({
      reactionMessage: { key, text: '' },
    });

    const contextInfo = { stanzaId: own, participant: phone.jid, quotedMessage: { conversation: 'yes' } };
    phone.receive(await account.message(phone.jid, { extendedTextMessage: { text: 'one?', contextInfo } }));
    const reaction = { key: { remoteJid: phone.jid, fromMe: false, id: own }, text: '🎉' };
    phone.receive(await account.message(phone.jid, { reactionMessage: reaction }));
    phone.receive(await account.message(phone.jid, { extendedTextMessage: { text: 'long text' } }));
    await eventually(() => phone.received()[3]);
    expect(phone.received().slice(1)).toMatchObject([
      { kind: 'reply', text: 'one?', quotedId: own, quotedParticipant: phone.jid, quotedText: 'yes' },
      { kind: 'reaction', targetId: own, targetFromMe: false, emoji: '🎉' },
      { kind: 'text', text: 'long text' },
    ]);
  });

  it('exchanges receipts and typing', async () => {
    const { phone, account } = conversation();
    const id = await phone.send(account.jid, { kind: 'text', text: 'a' });
    const from = account.jid;
    phone.receive({ tag: 'receipt', attrs: { id, from: '1-42:0@interop' } });
    const list = [{ tag: 'item', attrs: { id } }];
    const attrs = { id: 'other', from, type: 'read' };
    phone.receive({ tag: 'receipt', attrs, content: [{ tag: 'list', attrs: {}, content: list }] });
    phone.receive({ tag: 'receipt', attrs: { id, from: '1-43@interop', type: 'played' } });
    phone.receive({ tag: 'chatstate', attrs: { from }, content: [{ tag: 'composing', attrs: {} }] });
    expect(await eventually(() => phone.typing()[0])).toEqual({ from, state: 'composing', at: NOW });
    expect(phone.receipts()).toEqual([
      { id, to: from, sentAt: NOW, retries: 0, deliveredAt: NOW, readAt: NOW },
    ]);

    phone.sendTyping('alice@example.org', 'paused');
    expect((await stanzaAt(account, 'chatstate')).content).toEqual([{ tag: 'paused', attrs: {} }]);
    const message = await account.message(phone.jid, { conversation: 'b' }, { bundle: phone.takeBundle() });
    phone.receive(message);
    await eventually(() => phone.received()[0]);
    phone.markRead(message.attrs.id ?? '');
    expect((await stanzaAt(account, 'receipt', 'read')).attrs).toMatchObject({
      id: message.attrs.id,
      to: from,
    });
    expect(() => phone.markRead('nothing')).toThrow(expect.objectContaining({ code: 'unknown_target' }));
  });

  it('refuses what it cannot send', async () => {
    const { phone, exchange, account } = conversation();
    const send = (to: string, target = 'x') => phone.send(to, { kind: 'reply', text: 'a', target });
    await expect(send('mallory@example.org')).rejects.toMatchObject({ code: 'unknown_recipient' });
    await expect(send(account.jid)).rejects.toMatchObject({ code: 'unknown_target' });
    await expect(phone.send('1-43@interop', { kind: 'text', text: 'a' })).rejects.toMatchObject({
      code: 'no_keys',
    });
    const file = new Uint8Array(phoneLimits.mediaBytes + 1);
    const document = { kind: 'document', file, mimetype: 'a/b', fileName: 'c' } as const;
    await expect(phone.send(account.jid, document)).rejects.toMatchObject({ code: 'file_too_large' });

    const bundle = account.takeBundle();
    bundle.signedPreKey.signature[5] = (bundle.signedPreKey.signature[5] ?? 0) ^ 1;
    account.takeBundle = () => bundle;
    const text = { kind: 'text', text: 'a' } as const;
    await expect(phone.send(account.jid, text)).rejects.toMatchObject({ code: 'bundle_invalid' });
    expect(() => new PhoneUser({ number: 'x', switchboard: exchange })).toThrow(/digits/);
  });

  it('keeps a digest of the file that came with a message', async () => {
    const { phone, account, exchange } = conversation();
    const file = Buffer.from('a photo');
    const media = exchange.publish(file, 'WhatsApp Image Keys');
    const imageMessage = { ...media, mimetype: 'image/png', caption: 'look', width: 3, height: 2 };
    phone.receive(await account.message(phone.jid, { imageMessage }, { bundle: phone.takeBundle() }));
    expect(await eventually(() => phone.received()[0])).toMatchObject({
      kind: 'image',
      caption: 'look',
      mimetype: 'image/png',
      width: 3,
      height: 2,
      sha256: sha256(file),
      bytes: file.length,
    });
  });
});
