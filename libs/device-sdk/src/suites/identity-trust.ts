import type { PeerAddress, SignalState } from './port.js';
import { SuiteError } from './port.js';

/**
 * Trust on first use, for a key that came with a received message: the first key is trusted; another one is recorded
 * as a change, which receiving survives and sending does not.
 */
export function noteIdentity(state: SignalState, peer: PeerAddress, key: Uint8Array): void {
  const known = state.peerIdentity(peer);
  if (known === undefined) state.putPeerIdentity(peer, { key, state: 'trusted' });
  else if (known.key === undefined || !sameBytes(known.key, key))
    state.putPeerIdentity(peer, { key, state: 'changed' });
}

/**
 * Checks the key to which something is about to be sent, trusting it on first use.
 * @throws SuiteError `identity_changed`, after recording the change
 */
export function requireSendable(state: SignalState, peer: PeerAddress, key: Uint8Array): void {
  noteIdentity(state, peer, key);
  if (state.peerIdentity(peer)?.state !== 'trusted') throw new SuiteError('identity_changed');
}

/** Compares public bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
