import type { InternalClient } from '@causeway/http';
import {
  ERASE_PATH,
  EraseAnswer,
  EXPORT_PATH,
  ExportPage,
  type ExportedRecord,
  type Subject,
} from '@causeway/personal-data';

/** The services that keep something about persons beside accounts. */
export const storeNames = ['keys', 'session', 'fanout', 'media', 'webhooks'] as const;
export type StoreName = (typeof storeNames)[number];

/** Asks the other services to show and to erase what they keep about a person. */
export class Stores {
  constructor(private readonly clients: Readonly<Record<StoreName, Pick<InternalClient, 'request'>>>) {}

  /** @returns whether nothing is left @throws {RemoteError} */
  async erase(store: StoreName, subjects: readonly Subject[]): Promise<boolean> {
    let erased = true;
    for (const subject of subjects) {
      const answer = await this.clients[store].request({
        method: 'POST',
        path: ERASE_PATH,
        body: { subject },
        schema: EraseAnswer,
      });
      erased &&= answer.erased;
    }
    return erased;
  }

  /** Everything that a service keeps about a person, a page at a time. @throws {RemoteError} */
  async *export(store: StoreName, subjects: readonly Subject[]): AsyncGenerator<ExportedRecord> {
    for (const subject of subjects) {
      let cursor: string | undefined;
      do {
        const page: ExportPage = await this.clients[store].request({
          method: 'POST',
          path: EXPORT_PATH,
          body: cursor === undefined ? { subject } : { subject, cursor },
          schema: ExportPage,
        });
        yield* page.records;
        cursor = page.next;
      } while (cursor !== undefined);
    }
  }
}
