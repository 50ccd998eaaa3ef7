import { accountsErrors, type ConnectionMode, type OptInRequest } from '@causeway/contracts/accounts';
import { sessionKeyOf, type DeviceId, type GatekeeperId } from '@causeway/contracts/ids';
import { EnlistmentKeys, keysErrors } from '@causeway/contracts/keys';
import { NoiseKeyResponse } from '@causeway/contracts/session';
import { RemoteError, type InternalClient } from '@causeway/http';
import { refusal } from '../refusal.js';

/** The public keys that a gatekeeper is told at enlistment. */
export interface DeviceKeys {
  readonly keys: EnlistmentKeys;
  /** Public Noise static key of the session, 32 bytes. */
  readonly noisePublicKey: Uint8Array;
  /** Who speaks the gatekeeper's protocol with them. */
  readonly mode: ConnectionMode;
}

/** Fetches the public keys of a device for one gatekeeper from the services that keep them. */
export class EnlistmentKeySource {
  constructor(
    private readonly keys: Pick<InternalClient, 'request'>,
    private readonly session: Pick<InternalClient, 'request'>,
  ) {}

  /**
   * @param connection the device's own Noise key, when it keeps it
   * @throws {AppError} `keys_not_published`
   * @throws {RemoteError} when one of the services does not answer
   */
  async fetch(
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    connection?: OptInRequest['connection'],
  ): Promise<DeviceKeys> {
    if (connection !== undefined) {
      const noisePublicKey = Buffer.from(connection.noisePublicKey, 'base64');
      return { keys: await this.#published(deviceId, gatekeeper), noisePublicKey, mode: connection.mode };
    }
    const [keys, noise] = await Promise.all([
      this.#published(deviceId, gatekeeper),
      this.session.request({
        method: 'POST',
        path: '/internal/v1/noise-keys',
        body: { sessionKey: sessionKeyOf(deviceId, gatekeeper) },
        schema: NoiseKeyResponse,
      }),
    ]);
    return { keys, noisePublicKey: Buffer.from(noise.publicKey, 'base64'), mode: 'proxy' };
  }

  async #published(deviceId: DeviceId, gatekeeper: GatekeeperId): Promise<EnlistmentKeys> {
    try {
      return await this.keys.request({
        method: 'GET',
        path: `/internal/v1/devices/${deviceId}/gatekeepers/${gatekeeper}/enlistment-keys`,
        schema: EnlistmentKeys,
      });
    } catch (error) {
      const missing = error instanceof RemoteError && error.code === keysErrors.keys_unknown.code;
      throw missing ? refusal(accountsErrors.keys_not_published, { cause: error }) : error;
    }
  }
}
