import { ConnectReason } from '@causeway/content';
import { generateStaticKey } from '@causeway/noise';
import type { Stanza } from '@causeway/xml';
import { vi } from 'vitest';
import {
  type UnreadableStanza,
  UpstreamConnection,
  type UpstreamConnectionOptions,
  UpstreamError,
  type WireProfile,
} from '../index.js';

/** A connection with everything that it reported. */
export interface TestClient {
  readonly connection: UpstreamConnection;
  readonly stanzas: Stanza[];
  readonly unreadable: UnreadableStanza[];
  readonly closed: UpstreamError[];
  readonly warnings: unknown[];
}

export function newClient(
  profile: WireProfile,
  changes: Partial<UpstreamConnectionOptions> = {},
): TestClient {
  const stanzas: Stanza[] = [];
  const unreadable: UnreadableStanza[] = [];
  const closed: UpstreamError[] = [];
  const warnings: unknown[] = [];
  const connection = new UpstreamConnection({
    profile,
    noiseKey: generateStaticKey().key,
    login: {
      accountId: 42n,
      token: 'header.claims.signature',
      enableReadReceipts: true,
      connectReason: ConnectReason.USER_ACTIVATED,
      passive: true,
      pull: true,
    },
    onStanza: (received) => void stanzas.push(received),
    onUnreadable: (received) => void unreadable.push(received),
    onClosed: (reason) => void closed.push(reason),
    logger: { warn: (fields, message) => void warnings.push({ ...fields, message }) },
    ...changes,
  });
  return { connection, stanzas, unreadable, closed, warnings };
}

/** Poll until a condition holds. */
export async function eventually(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 5000, interval: 2 });
}

/** Poll until a value has stayed the same for a while; the value. */
export async function settled(read: () => number): Promise<number> {
  let value = Number.NaN;
  let same = 0;
  await vi.waitUntil(
    () => {
      const next = read();
      same = next === value ? same + 1 : 0;
      value = next;
      return same === 10;
    },
    { timeout: 5000, interval: 10 },
  );
  return value;
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof UpstreamError) return error.code;
    throw error;
  }
  return 'accepted';
}
