import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeviceStore } from '../store/device-store.js';
import { pqxdhSuite } from './pqxdh/suite.js';
import type { Ciphertext, KyberPreKey, PeerAddress, PeerBundle, SignalSuite } from './port.js';
import { SuiteError } from './port.js';
import { x3dhSuite } from './x3dh/suite.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array) => Buffer.from(value).toString();

/** One end: a suite on a store of its own, every operation committed by itself. */
class End {
  readonly store = DeviceStore.open(':memory:', 'simulator');
  private kyber: KyberPreKey | undefined;

  constructor(
    readonly suite: SignalSuite,
    readonly address: PeerAddress,
  ) {}

  bundle({ withPreKey = true } = {}): PeerBundle {
    const identity = this.store.keys.identity();
    const { id, publicKey, signature } = this.store.keys.signedPreKey();
    const [preKey] = withPreKey ? this.store.keys.unpublished(1) : [];
    if (preKey) this.store.keys.markPublished([preKey.id]);
    const kyber = (this.kyber ??= this.suite.generateKyberPreKey(identity, id));
    if (kyber && this.store.keys.kyberPreKey(id) === undefined)
      this.store.keys.putKyberPreKey(id, kyber.record);
    return {
      registrationId: identity.registrationId,
      identityKey: identity.publicKey,
      signedPreKey: { id, key: publicKey, signature },
      ...(preKey && { preKey: { id: preKey.id, key: preKey.publicKey } }),
      ...(kyber && { kyberPreKey: { id, key: kyber.publicKey, signature: kyber.signature } }),
    };
  }

  establish(peer: End, bundle = peer.bundle()): Promise<void> {
    return this.commit((state) => this.suite.establish(state, peer.address, bundle));
  }

  encrypt(peer: End, plaintext: string): Promise<Ciphertext> {
    return this.commit((state) => this.suite.encrypt(state, peer.address, bytes(plaintext)));
  }

  async decrypt(peer: End, message: Ciphertext): Promise<string> {
    return text(await this.commit((state) => this.suite.decrypt(state, peer.address, message)));
  }

  hasSession(peer: End): boolean {
    return this.suite.hasSession(this.store.ratchet(), peer.address);
  }

  identityOf(peer: End) {
    return this.store.peers.identity(peer.address);
  }

  private async commit<T>(run: (state: ReturnType<DeviceStore['ratchet']>) => Promise<T>): Promise<T> {
    const unit = this.store.ratchet();
    try {
      const result = await run(unit);
      this.store.transaction(() => unit.apply());
      return result;
    } catch (error) {
      unit.applyIdentities();
      throw error;
    }
  }
}

const suites: [string, (address: PeerAddress) => SignalSuite][] = [
  ['x3dh', () => x3dhSuite],
  ['pqxdh', (address) => pqxdhSuite(address)],
];

describe.each(suites)('%s', (_name, suiteOf) => {
  let alice: End;
  let bob: End;
  const end = (name: string) => {
    const address = { name, device: 1 };
    return new End(suiteOf(address), address);
  };
  const code = (run: Promise<unknown>) =>
    run.then(
      () => 'no error',
      (error: unknown) => (error instanceof SuiteError ? error.code : String(error)),
    );

  beforeEach(() => {
    alice = end('alice@example');
    bob = end('bob@example');
  });
  afterEach(() => vi.restoreAllMocks());

  it('carries a conversation both ways, out of order, with and without a one-time prekey', async () => {
    for (const withPreKey of [true, false]) {
      await alice.establish(bob, bob.bundle({ withPreKey }));
      const first = await alice.encrypt(bob, 'one');
      const second = await alice.encrypt(bob, 'two');
      expect([first.type, second.type]).toEqual(['pkmsg', 'pkmsg']);
      expect(await bob.decrypt(alice, second)).toBe('two');
      expect(await bob.decrypt(alice, first)).toBe('one');
      const answer = await bob.encrypt(alice, 'three');
      expect(answer.type).toBe('msg');
      expect(await alice.decrypt(bob, answer)).toBe('three');
      expect(await bob.decrypt(alice, await alice.encrypt(bob, 'four'))).toBe('four');
    }
  });

  it('uses a one-time prekey once', async () => {
    const bundle = bob.bundle();
    await alice.establish(bob, bundle);
    await bob.decrypt(alice, await alice.encrypt(bob, 'hi'));
    expect(bob.store.keys.preKey(bundle.preKey?.id ?? 0)).toBeUndefined();
    const carol = end('carol@example');
    await carol.establish(bob, bundle);
    expect(await code(carol.encrypt(bob, 'hi').then((message) => bob.decrypt(carol, message)))).toBe(
      'prekey_missing',
    );
  });

  it('refuses a bundle whose prekey is not signed by its identity', async () => {
    const bundle = bob.bundle();
    const signature = bundle.signedPreKey.signature.slice();
    signature[5] = (signature[5] ?? 0) ^ 1;
    const forged = { ...bundle, signedPreKey: { ...bundle.signedPreKey, signature } };
    expect(await code(alice.establish(bob, forged))).toBe('bundle_invalid');
    const short = { ...bundle, identityKey: bundle.identityKey.slice(1) };
    expect(await code(alice.establish(bob, short))).toBe('bundle_invalid');
    expect(alice.hasSession(bob)).toBe(false);
  });

  it('refuses the same message a second time and a changed one, and goes on', async () => {
    await alice.establish(bob);
    const first = await alice.encrypt(bob, 'one');
    await bob.decrypt(alice, first);
    expect(await code(bob.decrypt(alice, first))).toBe('duplicate_message');
    const changed = { ...first, body: first.body.slice() };
    changed.body[changed.body.byteLength - 20] = (changed.body.at(-20) ?? 0) ^ 1;
    expect(await code(bob.decrypt(alice, changed))).toMatch(/message_invalid|duplicate_message/);
    expect(await bob.decrypt(alice, await alice.encrypt(bob, 'two'))).toBe('two');
  });

  it('answers junk with message_invalid or no_session', async () => {
    for (const body of [new Uint8Array(), new Uint8Array([0x33]), new Uint8Array(100).fill(0x33)]) {
      expect(await code(bob.decrypt(alice, { type: 'pkmsg', body }))).toBe('message_invalid');
      expect(await code(bob.decrypt(alice, { type: 'msg', body }))).toMatch(/message_invalid|no_session/);
    }
    const huge = new Uint8Array(301 * 1024);
    expect(await code(bob.decrypt(alice, { type: 'pkmsg', body: huge }))).toBe('message_invalid');
    expect(await code(alice.encrypt(bob, 'hi'))).toBe('no_session');
  });

  it('receives from a changed identity but does not send to it until the change is accepted', async () => {
    await alice.establish(bob);
    await bob.decrypt(alice, await alice.encrypt(bob, 'hi'));
    const reinstalled = end('alice@example');
    await reinstalled.establish(bob);
    expect(await bob.decrypt(reinstalled, await reinstalled.encrypt(bob, 'me again'))).toBe('me again');
    expect(bob.identityOf(alice)?.state).toBe('changed');
    expect(await code(bob.encrypt(alice, 'who?'))).toBe('identity_changed');
    bob.store.peers.acceptChange('alice@example');
    expect(await reinstalled.decrypt(bob, await bob.encrypt(alice, 'welcome'))).toBe('welcome');
  });

  it('refuses a bundle with another identity until the change is accepted', async () => {
    await alice.establish(bob);
    const reinstalled = end('bob@example');
    expect(await code(alice.establish(bob, reinstalled.bundle()))).toBe('identity_changed');
    expect(alice.identityOf(bob)?.state).toBe('changed');
    alice.store.peers.acceptChange('bob@example');
    await alice.establish(bob, reinstalled.bundle());
    expect(await reinstalled.decrypt(alice, await alice.encrypt(bob, 'hi'))).toBe('hi');
  });

  it('keeps reading an older session after a new one was started', async () => {
    await alice.establish(bob);
    await bob.decrypt(alice, await alice.encrypt(bob, 'one'));
    const late = await bob.encrypt(alice, 'late');
    await alice.establish(bob);
    expect(await bob.decrypt(alice, await alice.encrypt(bob, 'two'))).toBe('two');
    expect(await alice.decrypt(bob, late)).toBe('late');
    expect(await alice.decrypt(bob, await bob.encrypt(alice, 'three'))).toBe('three');
  });

  it('loses nothing when both start at once', async () => {
    await alice.establish(bob);
    await bob.establish(alice);
    const [fromAlice, fromBob] = [await alice.encrypt(bob, 'a'), await bob.encrypt(alice, 'b')];
    expect(await bob.decrypt(alice, fromAlice)).toBe('a');
    expect(await alice.decrypt(bob, fromBob)).toBe('b');
    for (const round of ['1', '2', '3']) {
      expect(await bob.decrypt(alice, await alice.encrypt(bob, round))).toBe(round);
      expect(await alice.decrypt(bob, await bob.encrypt(alice, round))).toBe(round);
    }
  });

  it('prints nothing', async () => {
    const print = vi.fn();
    for (const level of ['log', 'info', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation(print);
    for (let round = 0; round < 45; round++) {
      await alice.establish(bob);
      const message = await alice.encrypt(bob, 'x');
      await bob.decrypt(alice, message);
      await code(bob.decrypt(alice, { ...message, type: 'msg' }));
    }
    expect(print).not.toHaveBeenCalled();
  });

  it('keeps a record within its bounds however often the ratchet turns', async () => {
    await alice.establish(bob);
    await bob.decrypt(alice, await alice.encrypt(bob, 'hi'));
    let size = 0;
    for (let turn = 0; turn < 60; turn++) {
      await alice.decrypt(bob, await bob.encrypt(alice, 'x'));
      await bob.decrypt(alice, await alice.encrypt(bob, 'y'));
      if (turn === 19) size = alice.store.peers.session(bob.address)?.byteLength ?? 0;
    }
    expect(alice.store.peers.session(bob.address)?.byteLength).toBeLessThan(size * 1.5);
  });
});
