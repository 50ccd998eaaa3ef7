import * as v3 from '@signalapp/libsignal-client-v3';
import { describe, expect, it } from 'vitest';
import { DeviceStore } from '../../store/device-store.js';
import { typedKey } from '../keys.js';
import type { PeerBundle } from '../port.js';
import { x3dhSuite } from './suite.js';

class Sessions extends v3.SessionStore {
  private readonly records = new Map<string, Buffer>();

  async saveSession(name: v3.ProtocolAddress, record: v3.SessionRecord): Promise<void> {
    this.records.set(`${name.name()}.${name.deviceId()}`, record.serialize());
  }

  async getSession(name: v3.ProtocolAddress): Promise<v3.SessionRecord | null> {
    const bytes = this.records.get(`${name.name()}.${name.deviceId()}`);
    return bytes === undefined ? null : v3.SessionRecord.deserialize(bytes);
  }

  async getExistingSessions(): Promise<v3.SessionRecord[]> {
    return [];
  }
}

class Identities extends v3.IdentityKeyStore {
  readonly key = v3.PrivateKey.generate();

  async getIdentityKey(): Promise<v3.PrivateKey> {
    return this.key;
  }

  async getLocalRegistrationId(): Promise<number> {
    return 77;
  }

  async saveIdentity(): Promise<boolean> {
    return false;
  }

  async isTrustedIdentity(): Promise<boolean> {
    return true;
  }

  async getIdentity(): Promise<v3.PublicKey | null> {
    return null;
  }
}

class PreKeys extends v3.PreKeyStore {
  constructor(private readonly record: v3.PreKeyRecord) {
    super();
  }

  async savePreKey(): Promise<void> {}

  async getPreKey(): Promise<v3.PreKeyRecord> {
    return this.record;
  }

  async removePreKey(): Promise<void> {}
}

class SignedPreKeys extends v3.SignedPreKeyStore {
  constructor(private readonly record: v3.SignedPreKeyRecord) {
    super();
  }

  async saveSignedPreKey(): Promise<void> {}

  async getSignedPreKey(): Promise<v3.SignedPreKeyRecord> {
    return this.record;
  }
}

/** A peer on the native library of the last version that writes v3. */
class Peer {
  readonly address = v3.ProtocolAddress.new('us', 1);
  readonly sessions = new Sessions();
  readonly identities = new Identities();
  private readonly preKey = v3.PrivateKey.generate();
  private readonly signedPreKey = v3.PrivateKey.generate();
  private readonly signature = this.identities.key.sign(this.signedPreKey.getPublicKey().serialize());
  readonly preKeys = new PreKeys(v3.PreKeyRecord.new(5, this.preKey.getPublicKey(), this.preKey));
  readonly signedPreKeys = new SignedPreKeys(
    v3.SignedPreKeyRecord.new(6, 0, this.signedPreKey.getPublicKey(), this.signedPreKey, this.signature),
  );

  bundle(): PeerBundle {
    const raw = (key: v3.PrivateKey) => key.getPublicKey().getPublicKeyBytes();
    return {
      registrationId: 77,
      identityKey: raw(this.identities.key),
      signedPreKey: { id: 6, key: raw(this.signedPreKey), signature: this.signature },
      preKey: { id: 5, key: raw(this.preKey) },
    };
  }

  async process(bundle: PeerBundle): Promise<void> {
    const key = (raw: Uint8Array) => v3.PublicKey.deserialize(Buffer.from(typedKey(raw)));
    const native = v3.PreKeyBundle.new(
      bundle.registrationId,
      1,
      bundle.preKey?.id ?? null,
      bundle.preKey ? key(bundle.preKey.key) : null,
      bundle.signedPreKey.id,
      key(bundle.signedPreKey.key),
      Buffer.from(bundle.signedPreKey.signature),
      key(bundle.identityKey),
    );
    await v3.processPreKeyBundle(native, this.address, this.sessions, this.identities);
  }

  async encrypt(text: string) {
    const message = await v3.signalEncrypt(Buffer.from(text), this.address, this.sessions, this.identities);
    const type = message.type() === v3.CiphertextMessageType.PreKey ? ('pkmsg' as const) : ('msg' as const);
    return { type, body: new Uint8Array(message.serialize()) };
  }

  async decrypt(message: { type: string; body: Uint8Array }): Promise<string> {
    const body = Buffer.from(message.body);
    const { address, sessions, identities } = this;
    const plaintext =
      message.type === 'msg'
        ? v3.signalDecrypt(v3.SignalMessage.deserialize(body), address, sessions, identities)
        : v3.signalDecryptPreKey(
            v3.PreKeySignalMessage.deserialize(body),
            address,
            sessions,
            identities,
            this.preKeys,
            this.signedPreKeys,
          );
    return (await plaintext).toString();
  }
}

function device() {
  const store = DeviceStore.open(':memory:', 'simulator');
  const peer = { name: '49123@s.whatsapp.net', device: 0 };
  const state = () => store.ratchet();
  return {
    async establish(bundle: PeerBundle) {
      const unit = state();
      await x3dhSuite.establish(unit, peer, bundle);
      unit.apply();
    },
    async encrypt(text: string) {
      const unit = state();
      const message = await x3dhSuite.encrypt(unit, peer, Buffer.from(text));
      unit.apply();
      return message;
    },
    async decrypt(message: { type: 'pkmsg' | 'msg'; body: Uint8Array }) {
      const unit = state();
      const plaintext = await x3dhSuite.decrypt(unit, peer, message);
      unit.apply();
      return Buffer.from(plaintext).toString();
    },
    bundle(): PeerBundle {
      const identity = store.keys.identity();
      const { id, publicKey, signature } = store.keys.signedPreKey();
      const [preKey] = store.keys.unpublished(1);
      return {
        registrationId: identity.registrationId,
        identityKey: identity.publicKey,
        signedPreKey: { id, key: publicKey, signature },
        ...(preKey && { preKey: { id: preKey.id, key: preKey.publicKey } }),
      };
    },
  };
}

describe('x3dh against the native library of version 0.22.0', () => {
  it('starts a session and turns the ratchet both ways', async () => {
    const [us, them] = [device(), new Peer()];
    await us.establish(them.bundle());
    const first = await us.encrypt('hello');
    expect(first.type).toBe('pkmsg');
    expect(first.body[0]).toBe(0x33);
    expect(await them.decrypt(first)).toBe('hello');
    for (const round of ['1', '2', '3']) {
      expect(await us.decrypt(await them.encrypt(`back ${round}`))).toBe(`back ${round}`);
      expect(await them.decrypt(await us.encrypt(`forth ${round}`))).toBe(`forth ${round}`);
    }
  });

  it('accepts a session that the other side starts from our bundle', async () => {
    const [us, them] = [device(), new Peer()];
    await them.process(us.bundle());
    const [one, two, three] = [await them.encrypt('1'), await them.encrypt('2'), await them.encrypt('3')];
    expect(await us.decrypt(three)).toBe('3');
    expect(await us.decrypt(one)).toBe('1');
    expect(await us.decrypt(two)).toBe('2');
    expect(await them.decrypt(await us.encrypt('answer'))).toBe('answer');
    expect(await us.decrypt(await them.encrypt('again'))).toBe('again');
  });
});
