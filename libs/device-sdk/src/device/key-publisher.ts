import { ApiError } from '../api/errors.js';
import type { KeysClient } from '../api/keys.js';
import type { DeviceStore } from '../store/device-store.js';
import type { PreKeyPair, SignedPreKeyPair } from '../suites/port.js';
import { base64 } from './bundles.js';
import { Serial } from './serial.js';

/** One-time prekeys that should wait with the provider. */
const target = 100;

/** Publishes the device's public keys, and more one-time prekeys when they run low. */
export class KeyPublisher {
  private readonly serial = new Serial();

  constructor(
    private readonly store: DeviceStore,
    private readonly client: Pick<KeysClient, 'publish' | 'status'>,
    private readonly gatekeeper: string,
    private readonly deviceId: () => string,
    /** Of a device that connects to the gatekeeper by itself; otherwise the provider hands on what is published. */
    private readonly handToGatekeeper: (signed: SignedPreKeyPair) => Promise<void>,
  ) {}

  /** Makes sure that keys are published. @throws ApiError */
  publish(): Promise<void> {
    return this.serial.run(async () => {
      const available = await this.available();
      // A repeated notice, or one that was overtaken by an upload, must not mint keys without end.
      if (available < target / 2) await this.put(target - available);
    });
  }

  private async available(): Promise<number> {
    try {
      return (await this.client.status(this.deviceId(), this.gatekeeper)).available;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && error.code === 'keys_unknown') return 0;
      throw error;
    }
  }

  /**
   * Publishes the next signed prekey and takes it into use, if it is time. When that fails the old one stays in use,
   * and the next attempt publishes the same new one.
   * @throws ApiError, ChatError
   */
  renewSignedPreKey(): Promise<void> {
    return this.serial.run(async () => {
      const { signed } = this.store.keys;
      const next = signed.isDue() ? signed.next() : undefined;
      if (next === undefined) return;
      await this.send(next, []);
      await this.handToGatekeeper(next);
      signed.use(next.id);
    });
  }

  private async put(count: number): Promise<void> {
    const { keys } = this.store;
    const preKeys = keys.unpublished(count);
    try {
      await this.send(keys.signedPreKey(), preKeys);
    } catch (error) {
      // Enough keys wait there; these are offered again when they run low.
      if (error instanceof ApiError && error.code === 'prekey_pool_full') return;
      throw error;
    }
    keys.markPublished(preKeys.map(({ id }) => id));
  }

  private async send(signed: SignedPreKeyPair, preKeys: readonly PreKeyPair[]): Promise<void> {
    const { registrationId, publicKey } = this.store.keys.identity();
    await this.client.publish(this.deviceId(), this.gatekeeper, {
      registrationId,
      identityKey: base64(publicKey),
      signedPreKey: { id: signed.id, key: base64(signed.publicKey), signature: base64(signed.signature) },
      preKeys: preKeys.map(({ id, publicKey: key }) => ({ id, key: base64(key) })),
    });
  }
}
