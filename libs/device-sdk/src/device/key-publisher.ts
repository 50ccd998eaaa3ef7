import { ApiError } from '../api/errors.js';
import type { KeysClient } from '../api/keys.js';
import type { DeviceStore } from '../store/device-store.js';
import { base64 } from './bundles.js';
import { Serial } from './serial.js';

/** One-time prekeys that should wait with the provider. */
const target = 100;

/** Publishes the device's public keys, and more one-time prekeys when they run low. */
export class KeyPublisher {
  private readonly serial = new Serial();

  constructor(
    private readonly store: DeviceStore,
    private readonly client: KeysClient,
    private readonly gatekeeper: string,
    private readonly deviceId: () => string,
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

  private async put(count: number): Promise<void> {
    const { keys } = this.store;
    const { registrationId, publicKey } = keys.identity();
    const signed = keys.signedPreKey();
    const preKeys = keys.unpublished(count);
    const request = {
      registrationId,
      identityKey: base64(publicKey),
      signedPreKey: { id: signed.id, key: base64(signed.publicKey), signature: base64(signed.signature) },
      preKeys: preKeys.map(({ id, publicKey: key }) => ({ id, key: base64(key) })),
    };
    try {
      await this.client.publish(this.deviceId(), this.gatekeeper, request);
    } catch (error) {
      // Enough keys wait there; these are offered again when they run low.
      if (error instanceof ApiError && error.code === 'prekey_pool_full') return;
      throw error;
    }
    keys.markPublished(preKeys.map(({ id }) => id));
  }
}
