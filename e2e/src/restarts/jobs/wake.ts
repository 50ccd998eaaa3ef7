import { until } from 'causeway/journey';
import type { Job } from './job.js';

const WITHIN_MS = 30_000;

/** The gatekeeper calls once, and its call is not answered: the device is woken, and shows the message. */
function wake(name: string): Job {
  return {
    name,
    service: 'webhooks',
    async prepare({ column, people: { alice, bob } }) {
      const deviceId = await alice.device.register();
      alice.device.disconnect();
      await bob.seesOffline(alice.identifier, WITHIN_MS);
      let woken = false;
      void column.wakes.next(deviceId).then(() => (woken = true));
      let id = '';
      return {
        async begin() {
          id = await bob.send({ to: alice.identifier, kind: 'text', text: 'Are you on your way?' });
        },
        async ends() {
          await until('the device is woken', WITHIN_MS, () => woken || undefined);
          await alice.device.connect(WITHIN_MS);
          await alice.shows(id, WITHIN_MS);
        },
      };
    },
  };
}

export const wakes: readonly Job[] = [
  wake('webhooks.push.recorded'),
  wake('webhooks.outbox.read'),
  wake('webhooks.outbox.published'),
];
