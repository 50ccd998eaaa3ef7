import { bytesOf, children, stanza, type Stanza } from '@causeway/xml';

/** What a session reads and writes most: a message, its receipt and acknowledgement, a query, a notification. */
export function sampleStanzas(): readonly Stanza[] {
  const ciphertext = Uint8Array.from({ length: 300 }, (_, at) => (at * 151 + 7) & 0xff);
  const enc = stanza('enc', { v: '2', type: 'pkmsg' }, ciphertext);
  return [
    stanza(
      'message',
      { id: '3EB0C431C26A1916EAF2', type: 'text', to: '300-4242:7@interop', t: '1700000000' },
      [stanza('participants', {}, [stanza('to', { jid: '300-4242:7@interop' }, [enc])])],
    ),
    stanza('receipt', {
      id: '3EB0C431C26A1916EAF2',
      from: '491511234567@s.whatsapp.net',
      type: 'read',
      t: '1700000001',
    }),
    stanza('ack', {
      class: 'message',
      id: '3EB0C431C26A1916EAF2',
      from: '491511234567@s.whatsapp.net',
      t: '1700000001',
    }),
    stanza('iq', { id: '12.34-5', to: 's.whatsapp.net', type: 'get', xmlns: 'encrypt' }, [
      stanza('key', {}, [stanza('user', { jid: '491511234567:3@s.whatsapp.net' })]),
    ]),
    stanza('notification', { from: 's.whatsapp.net', id: '12345', type: 'encrypt', t: '1700000001' }, [
      stanza('count', { value: '4' }),
    ]),
  ];
}

/** The same as a plain value, with bytes already as base64: what JSON writes then costs nothing but the writing. */
export function plainValue(of: Stanza): unknown {
  const { tag, attrs } = of;
  const inner = children(of);
  if (inner.length > 0) return { tag, attrs, content: inner.map(plainValue) };
  const bytes = bytesOf(of);
  return bytes === undefined
    ? { tag, attrs }
    : { tag, attrs, content: Buffer.from(bytes).toString('base64') };
}
