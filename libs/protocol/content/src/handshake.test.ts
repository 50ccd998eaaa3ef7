import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ContentError,
  ConnectReason,
  Product,
  decodeCertChain,
  decodeCertificateDetails,
  decodeClientPayload,
  decodeHandshake,
  encodeCertChain,
  encodeCertificateDetails,
  encodeClientPayload,
  encodeHandshake,
} from './index.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = fc.uint8Array({ maxLength: 80 });

describe('the handshake on the wire', () => {
  it('puts each hello under its own field number', () => {
    expect(hex(encodeHandshake({ clientHello: { ephemeral: new Uint8Array([1]) } }))).toBe('12030a0101');
    expect(hex(encodeHandshake({ serverHello: { static: new Uint8Array([2]) } }))).toBe('1a03120102');
    expect(hex(encodeHandshake({ clientFinish: { payload: new Uint8Array([3]) } }))).toBe('2203120103');
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (ephemeral, staticKey, payload) => {
        const read = decodeHandshake(
          encodeHandshake({ serverHello: { ephemeral, static: staticKey, payload } }),
        );
        expect(read.serverHello).toMatchObject({ ephemeral, static: staticKey, payload });
        expect(read.clientHello).toBeUndefined();
      }),
    );
  });

  it('reads back a certificate chain with the signed bytes untouched', () => {
    const details = encodeCertificateDetails({
      serial: 7,
      issuerSerial: 0,
      notBefore: 1n,
      notAfter: 2n ** 40n,
    });
    const chain = decodeCertChain(encodeCertChain({ leaf: { details, signature: new Uint8Array(64) } }));
    expect(chain.leaf?.details).toEqual(details);
    expect(decodeCertificateDetails(details)).toMatchObject({
      serial: 7,
      issuerSerial: 0,
      notAfter: 2n ** 40n,
    });
  });
});

describe('the login payload on the wire', () => {
  it('carries the account number, the token and the product', () => {
    const payload = {
      username: 5n,
      product: Product.INTEROP,
      interopData: { accountId: 5n, token: new Uint8Array([9]) },
    };
    expect(hex(encodeClientPayload(payload))).toBe('0805a00102b20205080512' + '0109');
    expect(decodeClientPayload(encodeClientPayload(payload))).toMatchObject(payload);
  });

  it('tells an absent field from a zero', () => {
    const read = decodeClientPayload(
      encodeClientPayload({ connectReason: ConnectReason.PUSH, passive: false }),
    );
    expect(read).toMatchObject({ connectReason: ConnectReason.PUSH, passive: false });
    expect(read.pull).toBeUndefined();
  });

  it('keeps a reason it does not know', () => {
    expect(decodeClientPayload(new Uint8Array([0x68, 99])).connectReason).toBe(99);
  });
});

it('answers arbitrary bytes with a value or a ContentError', () => {
  const decoders = [decodeHandshake, decodeCertChain, decodeCertificateDetails, decodeClientPayload];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...decoders), (input, decode) => {
      try {
        decode(input);
      } catch (error) {
        expect(error).toBeInstanceOf(ContentError);
      }
    }),
    { numRuns: 500 },
  );
});
