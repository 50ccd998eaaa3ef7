import type { SessionKey, UserId } from '@causeway/contracts/ids';
import { DeletionResponse } from '@causeway/contracts/session';
import type { InternalClient } from '@causeway/http';

/** Has accounts deleted at gatekeepers that need no device for it. */
export interface DeletionSource {
  /** Resolves when the gatekeeper was asked; its confirmation comes as an event. @throws {RemoteError} */
  request(sessionKey: SessionKey, userId: UserId): Promise<void>;
}

/** The session service, which logs in for a deletion alone. */
export class DeletionsClient implements DeletionSource {
  constructor(private readonly session: Pick<InternalClient, 'request'>) {}

  async request(sessionKey: SessionKey, userId: UserId): Promise<void> {
    await this.session.request({
      method: 'POST',
      path: '/internal/v1/deletions',
      body: { sessionKey, userId },
      schema: DeletionResponse,
    });
  }
}
