import type { AccountEvent } from '@causeway/contracts/accounts';
import { DeviceId, GatekeeperId, OptInId, UserId } from '@causeway/contracts/ids';
import { describe, expect, it } from 'vitest';
import { AccountConsumer } from './account.consumer.js';

const at = '2026-11-28T12:00:00.000Z';
const userId = UserId.parse('11111111-1111-4111-8111-111111111111');
const deviceId = DeviceId.parse('22222222-2222-4222-8222-222222222222');
const optInId = OptInId.parse('33333333-3333-4333-8333-333333333333');
const optIn = { userId, deviceId, optInId, gatekeeper: GatekeeperId.parse('simulator') };

async function destroyedBy(event: AccountEvent): Promise<string[]> {
  const destroyed: string[] = [];
  const destroyOld = async (sessionKey: string, when: string) => void destroyed.push(`${sessionKey} ${when}`);
  const forget = async (sessionKey: string) => void destroyed.push(`row of ${sessionKey}`);
  await new AccountConsumer(undefined as never, { destroyOld }, { forget }).handle(event, at);
  return destroyed;
}

describe('AccountConsumer', () => {
  it.each(['opt-in.deleted', 'opt-in.lapsed'] as const)(
    'destroys the key of the session on %s',
    async (type) => {
      expect(await destroyedBy({ type, ...optIn })).toEqual([
        `${deviceId}.simulator ${at}`,
        `row of ${deviceId}.simulator`,
      ]);
    },
  );

  it.each(['opt-in.withdrawn', 'opt-in.suspended', 'opt-in.refused', 'opt-in.enlisted'] as const)(
    'keeps it on %s: the account may still be there',
    async (type) => {
      expect(await destroyedBy({ type, ...optIn })).toEqual([]);
    },
  );

  it('keeps it when the device is removed: the deletion needs it', async () => {
    expect(await destroyedBy({ type: 'device.removed', userId, deviceId })).toEqual([]);
  });
});
