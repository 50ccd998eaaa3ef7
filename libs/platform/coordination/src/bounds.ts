import { limits } from '@causeway/limits';
import { CoordinationError } from './coordination.errors.js';
import type { LostEntry, PresenceEntry, RateLimitRule } from './port.js';

/** Throws `coordination_invalid` unless the condition holds. */
function demand(condition: boolean): void {
  if (!condition) throw new CoordinationError('coordination_invalid');
}

const isKey = (text: string): boolean => text !== '' && text.length <= limits.coordinationKeyCharacters.value;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

export function demandKey(text: string): void {
  demand(isKey(text));
}

export function demandCounts(...values: readonly number[]): void {
  demand(values.every(isCount));
}

export function demandEntry({
  sessionKey,
  podId,
  partition,
  relayKey,
  clientAddress,
}: Omit<PresenceEntry, 'epoch'>): void {
  demand([sessionKey, podId].every(isKey) && isCount(partition));
  demand([relayKey, clientAddress].every((text) => text === undefined || isKey(text)));
}

export function demandLost(entries: readonly LostEntry[]): void {
  demand(entries.length <= limits.presenceRestoreItems.value);
  for (const entry of entries) {
    demandEntry(entry);
    demandCounts(entry.epoch, entry.lastSeq);
  }
}

export function demandItems(items: readonly Uint8Array[]): void {
  demand(items.length <= limits.ephemeralMailboxItems.value);
  demand(items.every((item) => item.byteLength <= limits.ephemeralMailboxItemBytes.value));
}

export function demandSeqs(seqs: readonly number[]): void {
  demand(seqs.length <= limits.ephemeralMailboxItems.value && seqs.every(isCount));
}

export function demandPayload(payload: string): void {
  demand(Buffer.byteLength(payload) <= limits.signalBytes.value);
}

export function demandRate({ capacity, refillPerSecond }: RateLimitRule, cost: number): void {
  demand(capacity > 0 && refillPerSecond > 0 && cost > 0 && cost <= capacity);
}
