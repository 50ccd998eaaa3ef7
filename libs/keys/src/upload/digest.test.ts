import { createHash } from 'node:crypto';
import { DeviceId, GatekeeperId, UserId } from '@causeway/contracts/ids';
import { describe, expect, it } from 'vitest';
import { compareDigest, type ReportedDigest } from './digest.js';

const key = (fill: number, length = 32) => Buffer.alloc(length, fill);
const published = {
  registrationId: 7,
  identityKey: key(1).toString('base64'),
  signedPreKey: { id: 3, key: key(2).toString('base64'), signature: key(3, 64).toString('base64') },
};
const preKeys = new Map([
  [10, key(10)],
  [11, key(11)],
]);
const hashOf = (...parts: Buffer[]) =>
  createHash('sha1')
    .update(Buffer.concat([key(1), key(2), key(3, 64), ...parts]))
    .digest('base64');
const reported = (change: Partial<ReportedDigest> = {}): ReportedDigest => ({
  type: 'digest.reported',
  userId: UserId.parse('11111111-1111-4111-8111-111111111111'),
  deviceId: DeviceId.parse('22222222-2222-4222-8222-222222222222'),
  gatekeeper: GatekeeperId.parse('simulator'),
  registrationId: 7,
  signedPreKeyId: 3,
  preKeyIds: [11, 10],
  hash: hashOf(key(11), key(10)),
  ...change,
});

describe('what the gatekeeper holds', () => {
  it.each<[string, Partial<ReportedDigest>, string]>([
    ['all as published, in the gatekeeper’s order', {}, 'same'],
    ['none of the one-time prekeys', { preKeyIds: [], hash: hashOf() }, 'same'],
    ['another registration', { registrationId: 8 }, 'identity'],
    ['an older signed prekey', { signedPreKeyId: 2 }, 'signed-prekey'],
    ['the same in another order than it says', { preKeyIds: [10, 11] }, 'prekeys'],
    ['a key that was never published', { preKeyIds: [11, 10, 12] }, 'prekeys'],
    ['another signed prekey under the same id', { preKeyIds: [], hash: hashOf(key(9)) }, 'signed-prekey'],
  ])('is compared: %s', (_what, change, outcome) => {
    expect(compareDigest(reported(change), published, preKeys)).toBe(outcome);
  });
});
