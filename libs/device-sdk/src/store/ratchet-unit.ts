import type {
  KeyPair,
  PeerAddress,
  PeerIdentityRecord,
  SignalState,
  SignedPreKeyPair,
} from '../suites/port.js';
import type { KeyStore } from './keys.js';
import type { PeerStore } from './peers.js';

/**
 * What one Signal operation read and changed. Reads go through to the stores; changes stay here until `apply` writes
 * them inside the caller's transaction, or are dropped with the unit. Units must not overlap.
 */
export class RatchetUnit implements SignalState {
  private readonly sessions = new Map<string, { peer: PeerAddress; record: Uint8Array }>();
  private readonly identities = new Map<string, { peer: PeerAddress; identity: PeerIdentityRecord }>();
  private readonly usedPreKeys = new Set<number>();

  constructor(
    private readonly keys: KeyStore,
    private readonly peers: PeerStore,
  ) {}

  identity(): KeyPair {
    return this.keys.identity();
  }

  registrationId(): number {
    return this.keys.identity().registrationId;
  }

  preKey(id: number): KeyPair | undefined {
    return this.usedPreKeys.has(id) ? undefined : this.keys.preKey(id);
  }

  removePreKey(id: number): void {
    this.usedPreKeys.add(id);
  }

  signedPreKey(id: number): SignedPreKeyPair | undefined {
    return this.keys.signed.byId(id);
  }

  kyberPreKey(id: number): Uint8Array | undefined {
    return this.keys.kyberPreKey(id);
  }

  session(peer: PeerAddress): Uint8Array | undefined {
    return this.sessions.get(keyOf(peer))?.record ?? this.peers.session(peer);
  }

  putSession(peer: PeerAddress, record: Uint8Array): void {
    this.sessions.set(keyOf(peer), { peer, record });
  }

  peerIdentity(peer: PeerAddress): PeerIdentityRecord | undefined {
    return this.identities.get(keyOf(peer))?.identity ?? this.peers.identity(peer);
  }

  putPeerIdentity(peer: PeerAddress, identity: PeerIdentityRecord): void {
    this.identities.set(keyOf(peer), { peer, identity });
  }

  /** @returns the peers whose identity changed within this unit. */
  changedPeers(): string[] {
    return [...this.identities.values()]
      .filter((one) => one.identity.state === 'changed')
      .map((one) => one.peer.name);
  }

  /** Writes every change; call it inside a transaction. */
  apply(): void {
    for (const { peer, record } of this.sessions.values()) this.peers.putSession(peer, record);
    this.applyIdentities();
    for (const id of this.usedPreKeys) this.keys.removePreKey(id);
  }

  /** Writes what was learnt of identities, and drops the rest. */
  applyIdentities(): void {
    for (const { peer, identity } of this.identities.values()) this.peers.putIdentity(peer, identity);
  }
}

function keyOf({ name, device }: PeerAddress): string {
  return `${device} ${name}`;
}
