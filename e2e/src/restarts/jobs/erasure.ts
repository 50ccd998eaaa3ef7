import { eventually } from '@causeway/testing';
import { ProviderUser } from 'causeway/journey';
import { expect } from 'vitest';
import { Backend } from '../../checks/backend.js';
import { nameAfter } from './name-after.js';
import type { Job } from './job.js';

/** The claim of the round that broke off ends after 60 s, and another kill may break off the next one. */
const ERASED_MS = 150_000;

/** Every store has confirmed, and then accounts dies: the erasure goes on by itself, to its end. */
function erasure(name: string): Job {
  return {
    name,
    service: 'accounts',
    async prepare({ column }) {
      const user = new ProviderUser(nameAfter(name), column.endpoints, column.devicesFolder);
      await user.device.register();
      const backend = new Backend(column.endpoints);
      const userId = await backend.userId(user.name);
      return {
        async begin() {
          backend.call('PUT', `/${userId}/erasure`).catch(() => undefined);
        },
        async ends() {
          await eventually(
            async () => expect(await backend.receipt(userId)).toMatchObject({ state: 'done' }),
            {
              deadlineMs: ERASED_MS,
              everyMs: 500,
            },
          );
          await user.device.close();
        },
      };
    },
  };
}

export const erasures: readonly Job[] = [erasure('accounts.erasure.stores-erased')];
