import { ErasureReceipt } from '@causeway/contracts/accounts';
import { fetchBackendToken } from 'causeway/journey';
import type { Column } from '../column/column.js';

/** The provider's backend, with every right. */
export class Backend {
  constructor(private readonly endpoints: Column['endpoints']) {}

  async call(method: string, path: string, body?: object): Promise<Response> {
    const token = await fetchBackendToken(this.endpoints.tokenUrl);
    return fetch(`${this.endpoints.services.accounts}/provider/v1/users${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** @returns the id of a user of the development identity provider. */
  async userId(subject: string): Promise<string> {
    const answer = await this.call('PUT', '', { subject });
    return ((await answer.json()) as { userId: string }).userId;
  }

  async receipt(userId: string): Promise<ErasureReceipt> {
    return ErasureReceipt.parse(await (await this.call('GET', `/${userId}/erasure`)).json());
  }
}
