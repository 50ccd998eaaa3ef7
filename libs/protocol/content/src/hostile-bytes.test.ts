import { inputsPerRun, tryInputs } from '@causeway/testing/fuzz';
import fc from 'fast-check';
import { it } from 'vitest';
import {
  ContentError,
  decodeCertChain,
  decodeCertificateDetails,
  decodeClientPayload,
  decodeHandshake,
  encodeCertChain,
  encodeCertificateDetails,
  encodeClientPayload,
  encodeHandshake,
  encodeMessage,
  readMessage,
  reactionMessage,
  replyMessage,
  textMessage,
} from './index.js';

const key = new Uint8Array(32).fill(5);
const details = encodeCertificateDetails({ serial: 1, issuerSerial: 0, key, notBefore: 1n, notAfter: 2n });
const certificate = { details: Uint8Array.from(details), signature: new Uint8Array(64) };

interface Format {
  readonly name: string;
  readonly read: (input: Uint8Array) => unknown;
  readonly written: readonly Uint8Array[];
}

const formats: readonly Format[] = [
  {
    name: 'handshake messages',
    read: decodeHandshake,
    written: [
      encodeHandshake({ clientHello: { ephemeral: key } }),
      encodeHandshake({ serverHello: { ephemeral: key, static: new Uint8Array(48), payload: key } }),
    ],
  },
  {
    name: 'certificate chains',
    read: decodeCertChain,
    written: [encodeCertChain({ leaf: certificate, intermediate: certificate })],
  },
  { name: 'certificates’ details', read: decodeCertificateDetails, written: [details] },
  {
    name: 'login payloads',
    read: decodeClientPayload,
    written: [encodeClientPayload({ passive: true, interopData: { accountId: 7n, token: key } })],
  },
  {
    name: 'messages',
    read: readMessage,
    written: [
      encodeMessage(textMessage('a text')),
      encodeMessage(replyMessage('b', { id: '3EB0', sender: '1-2@interop' })),
      encodeMessage(
        reactionMessage('👍', { id: '3EB0', remoteJid: '1-2@interop', fromMe: true }, 1_700_000_000_000),
      ),
    ],
  },
];

it.each(formats)('takes or refuses 100,000 $name that nobody wrote', ({ read, written }) => {
  const target = {
    corpus: written,
    maxBytes: 200,
    parse: read,
    isRefusal: (error: unknown) => error instanceof ContentError,
    // An empty message inside takes two bytes and becomes an object with the name of its type.
    weightPerByte: 64,
  };
  fc.assert(
    fc.property(fc.noBias(fc.nat()), (seed) => tryInputs(seed, target)),
    { numRuns: 100_000 / inputsPerRun },
  );
});
