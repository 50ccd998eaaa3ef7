import { ContentError, decodeHandshake, encodeHandshake } from '@causeway/content';
import {
  type MessageParts,
  NoiseError,
  NoiseInitiator,
  type NoiseStaticKey,
  type NoiseTransport,
} from '@causeway/noise';
import { UpstreamError } from '../upstream-error.js';
import type { WireProfile } from '../wire-profile.js';
import { verifyServer } from './server-identity.js';

export interface HandshakeContext {
  readonly profile: WireProfile;
  readonly noiseKey: NoiseStaticKey;
  /** Encoded ClientPayload. */
  readonly payload: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Send one message of the handshake as a frame. */
  readonly send: (message: Uint8Array) => void;
  /** The next frame's body; rejects when the connection ends first. */
  readonly receive: () => Promise<Uint8Array>;
}

/**
 * Log in: ClientHello, ServerHello with its certificates, ClientFinish with the login payload.
 *
 * @throws UpstreamError `handshake_failed`, `server_not_authentic`, `key_unavailable`, or what `receive` rejected with
 */
export async function performHandshake(context: HandshakeContext): Promise<NoiseTransport> {
  const { profile, payload, now, send, receive } = context;
  const initiator = new NoiseInitiator({
    transcript: profile.transcript,
    prologue: Buffer.from(profile.header, 'hex'),
    staticKey: guarded(context.noiseKey),
  });
  try {
    send(encodeHandshake({ clientHello: parts(await initiator.writeMessage()) }));
    const hello = await initiator.readMessage(serverHello(await receive()));
    verifyServer(hello.payload, hello.remoteStatic, profile.rootPublicKey, now());
    const finish = await initiator.writeMessage(payload);
    send(encodeHandshake({ clientFinish: parts(finish) }));
    return initiator.transport();
  } catch (error) {
    initiator.destroy();
    if (error instanceof NoiseError || error instanceof ContentError) {
      throw new UpstreamError('handshake_failed', undefined, { cause: error });
    }
    throw error;
  }
}

/** Empty parts stay off the wire. */
function parts({ ephemeral, static: encrypted, payload }: MessageParts) {
  return {
    ...(ephemeral && { ephemeral: Uint8Array.from(ephemeral) }),
    ...(encrypted && { static: Uint8Array.from(encrypted) }),
    ...(payload && payload.length > 0 && { payload: Uint8Array.from(payload) }),
  };
}

function serverHello(frame: Uint8Array): MessageParts {
  const hello = decodeHandshake(frame).serverHello;
  if (hello === undefined) throw new UpstreamError('handshake_failed');
  return parts({
    ...(hello.ephemeral && { ephemeral: hello.ephemeral }),
    ...(hello.static && { static: hello.static }),
    ...(hello.payload && { payload: hello.payload }),
  });
}

/** The key may be on a device that has gone: that is not the server's failure. */
function guarded(key: NoiseStaticKey): NoiseStaticKey {
  return {
    publicKey: () => key.publicKey(),
    dh: async (remotePublic) => {
      try {
        return await key.dh(remotePublic);
      } catch (error) {
        if (error instanceof NoiseError) throw error;
        throw new UpstreamError('key_unavailable', undefined, { cause: error });
      }
    },
  };
}
