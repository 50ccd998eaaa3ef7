import { OptInResponse } from '@causeway/contracts/accounts';
import { eventually } from '@causeway/testing';
import { fetchAccessToken, ProviderUser } from 'causeway/journey';
import { expect } from 'vitest';
import { nameAfter } from './name-after.js';
import type { Job, Place } from './job.js';

/** The claim of the attempt that broke off ends after 30 s, and other kills may break off the next one. */
const ENLISTED_MS = 100_000;
const OPEN_MS = 30_000;

/** A user opts in and the answer is lost: the enlistment goes on by itself, and the gatekeeper lets her in. */
function optIn(name: string): Job {
  return {
    name,
    service: 'accounts',
    async prepare({ column }) {
      const user = new ProviderUser(nameAfter(name), column.endpoints, column.devicesFolder);
      const deviceId = await user.device.register();
      return {
        async begin() {
          user.optIn().catch(() => undefined);
        },
        async ends() {
          await eventually(async () => expect(await stateOf(column, user.name, deviceId)).toBe('enlisted'), {
            deadlineMs: ENLISTED_MS,
            everyMs: 250,
          });
          await user.device.connect(OPEN_MS);
          await user.device.close();
        },
      };
    },
  };
}

async function stateOf({ endpoints }: Place['column'], user: string, deviceId: string): Promise<string> {
  const { services, gatekeeper, tokenUrl } = endpoints;
  const token = await fetchAccessToken(tokenUrl, user);
  const response = await fetch(`${services.accounts}/v1/devices/${deviceId}/opt-ins/${gatekeeper}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return OptInResponse.parse(await response.json()).state;
}

export const optIns: readonly Job[] = [
  optIn('accounts.opt-in.committed'),
  optIn('accounts.enlistment.answered'),
];
