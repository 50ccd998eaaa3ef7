import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegisterDeviceResponse } from '@causeway/contracts/accounts';
import { DeviceStore } from '@causeway/device-sdk';
import { fetchAccessToken } from 'causeway/journey';
import type { StackEndpoints } from 'causeway/stack';

const CONSENT = { textVersion: '2026-11', locale: 'en' };

/** The public keys of a device, base64. */
export interface PublicKeys {
  readonly registrationId: number;
  readonly identityKey: string;
  readonly signedPreKey: { readonly id: number; readonly key: string; readonly signature: string };
}

/** What a service answered. */
export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @returns keys that the gatekeeper takes, made as a device makes them; the private halves are thrown away */
export function newPublicKeys(): PublicKeys {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-keys-'));
  const store = DeviceStore.open(join(folder, 'device.db'), 'simulator');
  try {
    const { registrationId, publicKey } = store.keys.identity();
    const signed = store.keys.signedPreKey();
    const signedPreKey = {
      id: signed.id,
      key: base64(signed.publicKey),
      signature: base64(signed.signature),
    };
    return { registrationId, identityKey: base64(publicKey), signedPreKey };
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

/** A user of the provider who calls the services as her device would, and nothing else: no socket, no messages. */
export class BareUser {
  private constructor(
    private readonly endpoints: StackEndpoints,
    private readonly accessToken: string,
    /** At the identity provider. */
    readonly name: string,
    readonly deviceId: string,
  ) {}

  /** Registers a device of a new user, with keys that are published for the gatekeeper. */
  static async register(endpoints: StackEndpoints, keys: PublicKeys): Promise<BareUser> {
    const name = `u${randomUUID().slice(0, 18)}`;
    const token = await fetchAccessToken(endpoints.tokenUrl, name);
    const nobody = new BareUser(endpoints, token, name, '');
    const { body } = await nobody.#call('POST', `${endpoints.services.accounts}/v1/devices`, {});
    const user = new BareUser(endpoints, token, name, RegisterDeviceResponse.parse(body).deviceId);
    const path = `/v1/devices/${user.deviceId}/gatekeepers/${endpoints.gatekeeper}/keys`;
    const preKeys = [{ id: 1, key: keys.signedPreKey.key }];
    const published = await user.#call('PUT', `${endpoints.services.keys}${path}`, { ...keys, preKeys });
    if (published.status >= 300) throw new Error(`keys answered ${published.status}`);
    return user;
  }

  /** Calls `/v1/devices/{deviceId}/opt-ins/{gatekeeper}` and what lies below it. */
  optIns(method: string, body?: object, below = ''): Promise<Answered> {
    const { services, gatekeeper } = this.endpoints;
    const url = `${services.accounts}/v1/devices/${this.deviceId}/opt-ins/${gatekeeper}${below}`;
    return this.#call(method, url, body);
  }

  /** Gives consent under the e-mail address that the identity provider proves. */
  optIn(more: object = {}): Promise<Answered> {
    return this.optIns('PUT', { identifierKind: 'email', consent: CONSENT, ...more });
  }

  async #call(method: string, url: string, body?: object): Promise<Answered> {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${this.accessToken}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answered['body']) };
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
