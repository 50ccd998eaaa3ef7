import { eventually } from '@causeway/testing';
import { ProviderUser } from 'causeway/journey';
import { expect } from 'vitest';
import { accountOf } from '../../checks/gatekeeper.js';
import { nameAfter } from './name-after.js';
import type { Job } from './job.js';

const WITHIN_MS = 60_000;
const UPLOADED_MS = 5_000;

/**
 * A new user's prekeys go to the gatekeeper, which hands one out while the service is down: in the end the gatekeeper
 * has some, and was not offered again what it had handed out. A batch that was taken is burnt when its command is lost:
 * the next login has the device asked for more keys, which go to the gatekeeper at once (decision 0009).
 */
function upload(name: string, service: string): Job {
  return {
    name,
    service,
    async prepare({ column, people: { bob } }) {
      const { control } = column.endpoints;
      const user = new ProviderUser(nameAfter(name), column.endpoints, column.devicesFolder);
      await user.optIn();
      let connected = Promise.resolve();
      const write = (text: string) => bob.send({ to: user.identifier, kind: 'text', text });
      let first = '';
      return {
        async begin() {
          connected = user.device.connect(WITHIN_MS);
          connected.catch(() => undefined);
        },
        async whileDown() {
          first = await write('Are you there?');
        },
        async ends() {
          await connected;
          const second = await write('Hello?');
          await user.shows(first, WITHIN_MS);
          await user.shows(second, WITHIN_MS);
          const hasKeys = async () => {
            const { preKeys, preKeysRepeated } = await accountOf(control, user.identifier);
            expect({ some: preKeys > 0, preKeysRepeated }).toEqual({ some: true, preKeysRepeated: 0 });
          };
          const had = await eventually(hasKeys, { deadlineMs: UPLOADED_MS }).catch(() => 'not yet');
          if (had === 'not yet') {
            user.device.disconnect();
            await bob.seesOffline(user.identifier, WITHIN_MS);
            await user.device.connect(WITHIN_MS);
          }
          await eventually(hasKeys);
          await user.device.close();
        },
      };
    },
  };
}

export const preKeyUploads: readonly Job[] = [
  upload('keys.prekeys.taken', 'keys'),
  upload('keys.outbox.published', 'keys'),
  upload('session.prekeys.consumed', 'session'),
  upload('session.prekeys.uploaded', 'session'),
];
