import { type Jid, parseAddress } from '@causeway/jid';
import { bytesOf, child, serializeXml, stanza, XmlStreamParser, type Stanza } from '@causeway/xml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../upstream-error.js';
import { incoming } from './incoming.js';
import { outgoing } from './outgoing.js';
import { answerTo, translateQuery } from './queries.js';

const domain = 'xmpp.example';
const someone = parseAddress('a@b');
const now = Date.parse('2026-11-28T12:00:00Z');
const bounds = { maxLength: 1_000_000, maxDepth: 16, maxElements: 100, maxAttributes: 16 };

/** As the other side of a stream reads it. */
function overTheWire(sent: Stanza): Stanza {
  const read: Stanza[] = [];
  const handlers = {
    onStart: () => undefined,
    onStanza: (one: Stanza) => void read.push(one),
    onEnd: () => undefined,
  };
  new XmlStreamParser(bounds, handlers).push(
    Buffer.from(`<stream xmlns="jabber:client">${serializeXml(sent)}`),
  );
  return read[0] as Stanza;
}

const from = (sent: Stanza, address: string): Stanza => ({
  ...sent,
  attrs: { ...sent.attrs, from: address },
});
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return error instanceof UpstreamError ? error.code : String(error);
  }
};

it('a ciphertext arrives as it was sent, and so does what it is', () => {
  const id = fc
    .string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' })
    .filter((text) => text.trim() !== '');
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4_096 });
  const count = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
  fc.assert(
    fc.property(id, bytes, fc.constantFrom('msg', 'pkmsg'), count, (messageId, ciphertext, type, retries) => {
      const enc = stanza('enc', { v: '2', type, count: retries?.toString() }, ciphertext);
      const to = parseAddress('7-2@xmpp.example');
      const content =
        retries === undefined ? [stanza('participants', {}, [stanza('to', { jid: to }, [enc])])] : [enc];
      const { stanzas, messageId: awaited } = outgoing(
        stanza('message', { id: messageId, to, type: 'text' }, content),
      );
      expect(awaited).toBe(messageId);
      const read = incoming(from(overTheWire(stanzas[0] as Stanza), '7-1@xmpp.example/phone'), domain, now);
      if (read.kind !== 'settleable') throw new Error(read.kind);
      expect(read.stanza.attrs).toEqual({
        id: messageId,
        from: { user: '7-1', server: 'xmpp.example' },
        t: `${now / 1_000}`,
        type: 'text',
      });
      const received = child(read.stanza, 'enc');
      expect(received?.attrs).toEqual({
        v: '2',
        type,
        ...(retries !== undefined && { count: `${retries}` }),
      });
      expect(bytesOf(received)).toEqual(Uint8Array.from(ciphertext));
    }),
  );
});

it('whatever a peer sends is one of what a session knows, or nothing', () => {
  const name = fc.constantFrom('signal', 'body', 'received', 'delay', 'composing', 'error', 'request', 'x');
  const space = fc.constantFrom(
    'urn:causeway:signal:1',
    'urn:xmpp:receipts',
    'urn:xmpp:delay',
    'jabber:client',
    'y',
  );
  const text = fc.string({ maxLength: 20 });
  const element = fc
    .tuple(name, space, fc.dictionary(fc.constantFrom('id', 'stamp', 'from', 'type', 'v'), text), text)
    .map(([tag, xmlns, attrs, content]) => stanza(tag, { ...attrs, xmlns }, content));
  const message = fc
    .tuple(
      fc.dictionary(fc.constantFrom('id', 'from', 'type', 'to'), text),
      fc.array(element, { maxLength: 6 }),
    )
    .map(([attrs, content]) => stanza('message', attrs, content));
  fc.assert(
    fc.property(message, (received) => {
      const read = incoming(received, domain, now);
      expect(['settleable', 'notice', 'unreadable', 'useless']).toContain(read.kind);
      if (read.kind === 'settleable') expect(['message', 'receipt']).toContain(read.stanza.tag);
    }),
  );
});

describe('the time of a message', () => {
  const signal = stanza('signal', { xmlns: 'urn:causeway:signal:1', v: '2', type: 'msg' }, 'AAAA');
  const delay = (stamp: string, by = domain) => stanza('delay', { xmlns: 'urn:xmpp:delay', from: by, stamp });
  const timeWith = (...delays: Stanza[]) => {
    const read = incoming(stanza('message', { id: '1', from: 'a@b' }, [signal, ...delays]), domain, now);
    return read.kind === 'settleable' ? Number(read.stanza.attrs['t']) * 1_000 : undefined;
  };

  it.each([
    ['is now without a delay', [], now],
    ['is when the server took it', [delay('2026-11-28T11:00:00Z')], now - 3_600_000],
    [
      'is what the server said last',
      [delay('2026-11-28T10:00:00Z'), delay('2026-11-28T11:00:00.5Z')],
      now - 3_600_000,
    ],
    ['is not what a peer says', [delay('2026-11-28T11:00:00Z', 'peer@evil.example/x')], now],
    ['is not what another domain says', [delay('2026-11-28T11:00:00Z', 'evil.example')], now],
    ['is not in the future', [delay('2027-01-01T00:00:00Z')], now],
    ['is not nonsense', [delay('yesterday')], now],
  ])('%s', (_name, delays, time) => {
    const seconds = timeWith(...delays);
    expect(seconds).toBe(time - (time % 1_000));
  });
});

describe('what has no equivalent', () => {
  const enc = stanza('enc', { v: '2', type: 'msg' }, Uint8Array.of(1));
  it.each([
    ['a file', stanza('message', { id: '1', to: someone, type: 'media' }, [enc])],
    ['a message to a text', stanza('message', { id: '1', to: 'a@b' }, [enc])],
    ['a message to nobody', stanza('message', { id: '1' }, [enc])],
    ['a typing notice to a text', stanza('chatstate', { to: 'a@b' }, [stanza('paused')])],
    [
      'a block of a text',
      stanza('iq', { type: 'set', xmlns: 'blocklist' }, [stanza('item', { action: 'block', jid: 'a@b' })]),
    ],
    ['a message without a ciphertext', stanza('message', { id: '1', to: someone }, [])],
    ['a read receipt', stanza('receipt', { id: '1', to: someone, type: 'read' })],
    ['a request to send again', stanza('receipt', { id: '1', to: someone, type: 'retry' })],
    ['a pull of the backlog', stanza('ib', {}, [stanza('offline_batch', { count: '5' })])],
    ['a state that nobody shows', stanza('chatstate', { to: someone }, [stanza('gone')])],
  ])('%s is refused', (_name, given) => {
    expect(codeOf(() => outgoing(given))).toBe('not_supported');
  });

  it.each(['encrypt', 'usync', 'w:profile:picture', undefined])('a query of %s is refused', (xmlns) => {
    const query = stanza('iq', { type: 'get', xmlns }, [stanza('query')]);
    expect(codeOf(() => translateQuery(query, domain))).toBe('not_supported');
  });

  it('a block names somebody by an address, never by a text', () => {
    const block = (jid: string | Jid) =>
      stanza('iq', { type: 'set', xmlns: 'blocklist' }, [stanza('item', { action: 'block', jid })]);
    expect(codeOf(() => translateQuery(block('a@b'), domain))).toBe('not_supported');
    const item = stanza('item', { jid: 'a@b' });
    expect(translateQuery(block(someone), domain)).toMatchObject({
      query: { content: [{ content: [item] }] },
    });
  });

  it('a question is answered as the RFC demands, and only a ping with a result', () => {
    const asked = (content: Stanza) =>
      answerTo(stanza('iq', { id: '1', from: 'a@b', type: 'get' }, [content]));
    expect(asked(stanza('ping', { xmlns: 'urn:xmpp:ping' })).attrs).toEqual({
      id: '1',
      to: 'a@b',
      type: 'result',
    });
    expect(asked(stanza('query', { xmlns: 'jabber:iq:version' })).attrs['type']).toBe('error');
  });
});
