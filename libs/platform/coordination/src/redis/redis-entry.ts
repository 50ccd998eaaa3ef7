import type { PresenceEntry } from '../port.js';

/** @returns an entry's fields and values as Redis takes them, without those that are not set */
export function toFields(entry: Readonly<Record<string, string | number | undefined>>): (string | number)[] {
  return Object.entries(entry).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

/** @returns the entry that a hash holds, if there is one */
export function toEntry(fields: Record<string, string>): PresenceEntry | undefined {
  const { sessionKey, podId, partition, epoch, relayKey, clientAddress } = fields;
  if (sessionKey === undefined || podId === undefined) return undefined;
  return {
    sessionKey,
    podId,
    partition: Number(partition),
    epoch: Number(epoch),
    ...(relayKey === undefined ? {} : { relayKey }),
    ...(clientAddress === undefined ? {} : { clientAddress }),
  };
}
