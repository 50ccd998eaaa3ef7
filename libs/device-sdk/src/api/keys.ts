import { KeysStatus } from '@causeway/contracts/keys';
import type { PublishKeysRequest } from '@causeway/contracts/keys';
import type { z } from 'zod';
import type { HttpClient } from './http-client.js';

/** Client of the keys service: the public keys of one device for one gatekeeper. */
export class KeysClient {
  constructor(
    private readonly http: HttpClient,
    private readonly base: string,
  ) {}

  /** @throws ApiError */
  publish(
    deviceId: string,
    gatekeeper: string,
    body: PublishKeysRequest,
  ): Promise<z.infer<typeof KeysStatus>> {
    return this.http.call({ method: 'PUT', url: this.url(deviceId, gatekeeper), body, answer: KeysStatus });
  }

  /** @throws ApiError */
  status(deviceId: string, gatekeeper: string): Promise<z.infer<typeof KeysStatus>> {
    return this.http.call({ method: 'GET', url: this.url(deviceId, gatekeeper), answer: KeysStatus });
  }

  private url(deviceId: string, gatekeeper: string): string {
    return `${this.base}/v1/devices/${deviceId}/gatekeepers/${gatekeeper}/keys`;
  }
}
