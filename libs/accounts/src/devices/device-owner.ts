import { timingSafeEqual } from 'node:crypto';
import { accountsErrors } from '@causeway/contracts/accounts';
import type { Caller } from '@causeway/http';
import type { SqlExecutor } from '@causeway/postgres';
import { findDevice, type DirectoryDevice } from '@causeway/store/directory';
import { refusal } from '../refusal.js';

/**
 * The caller's device of that id.
 * @throws {AppError} `device_unknown` when there is none, also when it is another user's
 */
export async function ownDevice(
  executor: SqlExecutor,
  caller: Caller,
  deviceId: string,
): Promise<DirectoryDevice> {
  const device = await findDevice(executor, deviceId);
  if (device === undefined || !same(device.subjectHash, caller.subjectHash)) {
    throw refusal(accountsErrors.device_unknown);
  }
  return device;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
