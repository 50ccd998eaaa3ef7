import {
  decodeCertChain,
  decodeCertificateDetails,
  decodeHandshake,
  encodeHandshake,
  type CertChain,
} from '@causeway/content';
import {
  NoiseInitiator,
  verifyCertificateChain,
  type Certificate,
  type MessageParts,
  type NoiseStaticKey,
  type NoiseTransport,
} from '@causeway/noise';
import { ChatError } from './chat-error.js';
import type { GatekeeperWire } from './wire.js';

export interface HandshakeParts {
  readonly wire: GatekeeperWire;
  /** The device's. */
  readonly noiseKey: NoiseStaticKey;
  /** The encoded login payload. */
  readonly payload: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly send: (message: Uint8Array) => void;
  readonly receive: () => Promise<Uint8Array>;
}

/**
 * Noise XX with the gatekeeper, whose certificate chain must lead to the pinned root.
 * @throws ChatError `server_not_authentic`, or what `receive` rejects with
 */
export async function handshake(parts: HandshakeParts): Promise<NoiseTransport> {
  const { wire, noiseKey, payload, now, send, receive } = parts;
  const prologue = Buffer.from(wire.header, 'hex');
  const initiator = new NoiseInitiator({
    transcript: wire.transcript,
    prologue,
    staticKey: noiseKey,
  });
  try {
    send(encodeHandshake({ clientHello: filled(await initiator.writeMessage()) }));
    const answer = await receive();
    const remote = await authentic(() =>
      initiator.readMessage(filled(decodeHandshake(answer).serverHello ?? {})),
    );
    await authentic(() => verifyServer(remote.payload, remote.remoteStatic, wire.rootPublicKey, now));
    send(encodeHandshake({ clientFinish: filled(await initiator.writeMessage(payload)) }));
    return initiator.transport();
  } catch (error) {
    initiator.destroy();
    throw error;
  }
}

async function authentic<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new ChatError('server_not_authentic');
  }
}

/** As the codec gives messages: a part may be there and undefined. */
type Loose<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** Empty parts stay off the wire. */
function filled({ ephemeral, static: encrypted, payload }: Loose<MessageParts>) {
  return {
    ...(ephemeral && { ephemeral: Uint8Array.from(ephemeral) }),
    ...(encrypted && { static: Uint8Array.from(encrypted) }),
    ...(payload && payload.length > 0 && { payload: Uint8Array.from(payload) }),
  };
}

function verifyServer(
  payload: Uint8Array,
  expectedStatic: Uint8Array,
  rootPublicKey: Uint8Array,
  now: number,
): void {
  const { leaf, intermediate } = decodeCertChain(payload);
  const chain = { leaf: certificate(leaf), intermediate: certificate(intermediate) };
  verifyCertificateChain({ chain, rootPublicKey, now: now / 1_000, expectedStatic });
}

function certificate(encoded: CertChain['leaf']): Certificate {
  const details = encoded?.details ?? new Uint8Array();
  const {
    serial = 0,
    issuerSerial = 0,
    key = new Uint8Array(),
    notBefore = 0n,
    notAfter = 0n,
  } = decodeCertificateDetails(details);
  return {
    details,
    signature: encoded?.signature ?? new Uint8Array(),
    serial,
    issuerSerial,
    key,
    notBefore,
    notAfter,
  };
}
