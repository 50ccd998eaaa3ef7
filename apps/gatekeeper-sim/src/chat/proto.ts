import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { SimulatorError } from '../errors.js';

const { root } = protobuf.parse(readFileSync(new URL('../../proto/chat.proto', import.meta.url), 'utf8'), {
  keepCase: true,
});

export interface HandshakeMessage {
  clientHello?: { ephemeral?: Uint8Array; static?: Uint8Array; payload?: Uint8Array };
  serverHello?: { ephemeral?: Uint8Array; static?: Uint8Array; payload?: Uint8Array };
  clientFinish?: { static?: Uint8Array; payload?: Uint8Array };
}
export interface CertChain {
  leaf?: { details?: Uint8Array; signature?: Uint8Array };
  intermediate?: { details?: Uint8Array; signature?: Uint8Array };
}
export interface CertDetails {
  serial?: number;
  issuerSerial?: number;
  key?: Uint8Array;
  notBefore?: number;
  notAfter?: number;
}
export interface ClientPayload {
  passive?: boolean;
  product?: number;
  interopData?: { accountID?: number; token?: Uint8Array };
}

/** Writes and reads one message type; absent fields stay absent. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  /** Throws SimulatorError `login_malformed`. */
  decode(bytes: Uint8Array): T;
}

function codec<T extends object>(name: string): Codec<T> {
  const type = root.lookupType(`gatekeeper.chat.${name}`);
  return {
    encode: (value) => type.encode(type.fromObject(value)).finish(),
    decode: (bytes) => {
      try {
        return type.toObject(type.decode(bytes), { longs: Number }) as T;
      } catch {
        throw new SimulatorError('login_malformed', `${name} cannot be read`);
      }
    },
  };
}

export const handshakeMessage = codec<HandshakeMessage>('HandshakeMessage');
export const certChain = codec<CertChain>('CertChain');
export const certDetails = codec<CertDetails>('CertChain.Details');
export const clientPayload = codec<ClientPayload>('ClientPayload');
