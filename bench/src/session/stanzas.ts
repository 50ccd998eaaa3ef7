import { formatAddress, parseAddress } from '@causeway/jid';
import { bytesOf, children, stanza, type Stanza } from '@causeway/xml';

const account = parseAddress('300-4242:7@interop');
const person = parseAddress('491511234567@s.whatsapp.net');
const device = parseAddress('491511234567:3@s.whatsapp.net');
const server = parseAddress('s.whatsapp.net');

/** What a session reads and writes most: a message, its receipt and acknowledgement, a query, a notification. */
export function sampleStanzas(): readonly Stanza[] {
  const ciphertext = Uint8Array.from({ length: 300 }, (_, at) => (at * 151 + 7) & 0xff);
  const enc = stanza('enc', { v: '2', type: 'pkmsg' }, ciphertext);
  return [
    stanza('message', { id: '3EB0C431C26A1916EAF2', type: 'text', to: account, t: '1700000000' }, [
      stanza('participants', {}, [stanza('to', { jid: account }, [enc])]),
    ]),
    stanza('receipt', {
      id: '3EB0C431C26A1916EAF2',
      from: person,
      type: 'read',
      t: '1700000001',
    }),
    stanza('ack', {
      class: 'message',
      id: '3EB0C431C26A1916EAF2',
      from: person,
      t: '1700000001',
    }),
    stanza('iq', { id: '12.34-5', to: server, type: 'get', xmlns: 'encrypt' }, [
      stanza('key', {}, [stanza('user', { jid: device })]),
    ]),
    stanza('notification', { from: server, id: '12345', type: 'encrypt', t: '1700000001' }, [
      stanza('count', { value: '4' }),
    ]),
  ];
}

/** The same as a plain value, with bytes already as base64 and addresses as text: what JSON writes then costs nothing but the writing. */
export function plainValue(of: Stanza): unknown {
  const { tag } = of;
  const attrs = Object.fromEntries(Object.entries(of.attrs).map(textOf));
  const inner = children(of);
  if (inner.length > 0) return { tag, attrs, content: inner.map(plainValue) };
  const bytes = bytesOf(of);
  return bytes === undefined
    ? { tag, attrs }
    : { tag, attrs, content: Buffer.from(bytes).toString('base64') };
}

function textOf([name, value]: [string, Stanza['attrs'][string]]): [string, string] {
  return [name, typeof value === 'string' ? value : formatAddress(value)];
}
