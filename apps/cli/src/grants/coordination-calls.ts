import type { CoordinationCall } from '@causeway/coordination';
import type { ServiceName } from '@causeway/runtime';

/** Which calls of the coordination port each service makes; a test compares it with the sources of the services. */
export const coordinationCalls: Readonly<Record<ServiceName, readonly CoordinationCall[]>> = {
  accounts: ['presence.get', 'rates.take', 'signals.publish'],
  keys: ['rates.take'],
  session: [
    'presence.get',
    'presence.life',
    'presence.list',
    'rates.take',
    'signals.publish',
    'signals.subscribe',
  ],
  fanout: [
    'mailbox.append',
    'mailbox.read',
    'mailbox.remove',
    'presence.get',
    'presence.put',
    'presence.remove',
    'presence.renew',
    'presence.restore',
    'rates.take',
    'signals.publish',
    'signals.subscribe',
  ],
  media: ['rates.take'],
  webhooks: ['rates.take'],
};
