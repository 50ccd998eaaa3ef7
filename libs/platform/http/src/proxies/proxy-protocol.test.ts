import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeProxyHeader, PROXY_HEADER_BYTES, readProxyHeader } from './proxy-protocol.js';

const to = { address: '198.51.100.1', port: 443 };
const signature = '0d0a0d0a000d0a515549540a';

it('is written as the specification says', () => {
  const header = Buffer.from(encodeProxyHeader('192.0.2.7', to)).toString('hex');
  expect(header).toBe(`${signature}2111000cc0000207c6336401000001bb`);
  const six = Buffer.from(encodeProxyHeader('2001:db8::7', to)).toString('hex');
  const [client, server] = ['20010db8000000000000000000000007', '00000000000000000000ffffc6336401'];
  expect(six).toBe(`${signature}21210024${client}${server}000001bb`);
  expect(Buffer.from(encodeProxyHeader(undefined, to)).toString('hex')).toBe(`${signature}20000000`);
});

it('is read back, whatever follows it, and not before it is whole', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(address, address, fc.uint8Array({ maxLength: 40 }), (client, server, rest) => {
      const header = encodeProxyHeader(client, { address: server, port: 443 });
      const read = readProxyHeader(Buffer.concat([header, rest]));
      if (read.state !== 'complete') throw new Error(read.state);
      expect(read.bytes).toBe(header.length);
      const bytes = (text: string) => Buffer.from(encodeProxyHeader(text, { address: '::1', port: 1 }));
      expect(bytes(read.client ?? '')).toEqual(bytes(client));
      for (let length = 0; length < header.length; length += 1) {
        expect(readProxyHeader(header.subarray(0, length))).toEqual({ state: 'incomplete' });
      }
    }),
  );
});

it.each([
  ['HTTP instead', Buffer.from('GET / HTTP/1.1\r\n')],
  ['version 1', Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n')],
  ['an unknown version', Buffer.from(`${signature}3111000cc0000207c6336401000001bb`, 'hex')],
  ['an unknown command', Buffer.from(`${signature}2211000cc0000207c6336401000001bb`, 'hex')],
  ['addresses cut short', Buffer.from(`${signature}21110004c0000207`, 'hex')],
  [
    'more than is ever read',
    Buffer.from(`${signature}2111${PROXY_HEADER_BYTES.toString(16).padStart(4, '0')}`, 'hex'),
  ],
])('is refused: %s', (_what, bytes) => {
  expect(readProxyHeader(bytes)).toEqual({ state: 'invalid' });
});

it('says nothing of a client on another kind of network', () => {
  const unix = Buffer.concat([Buffer.from(`${signature}213100d8`, 'hex'), Buffer.alloc(216)]);
  expect(readProxyHeader(unix)).toEqual({ state: 'complete', bytes: 232, client: undefined });
});

it('is never more than an answer, for any bytes', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.uint8Array({ maxLength: 600 }), (signed, bytes) => {
      const input = signed ? Buffer.concat([Buffer.from(signature, 'hex'), bytes]) : bytes;
      expect(['incomplete', 'invalid', 'complete']).toContain(readProxyHeader(input).state);
    }),
  );
});
