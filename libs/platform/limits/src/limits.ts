import { accountLimits } from './accounts.js';
import { deliveryLimits } from './delivery.js';
import { edgeLimits } from './edge.js';
import { keyLimits } from './keys.js';
import { peopleLimits } from './people.js';
import { sealingLimits } from './sealing.js';
import { tokenLimits } from './tokens.js';
import { tunnelLimits } from './tunnel.js';
import { webhookLimits } from './webhooks.js';
import { wireLimits } from './wire.js';

/** Every bound that more than one place must agree on, by name: `limits.commandDeadlineMs.value`. */
export const limits = {
  ...edgeLimits,
  ...wireLimits,
  ...deliveryLimits,
  ...keyLimits,
  ...accountLimits,
  ...peopleLimits,
  ...tokenLimits,
  ...sealingLimits,
  ...tunnelLimits,
  ...webhookLimits,
} as const;

export type LimitName = keyof typeof limits;

/** The groups in the order of the reference page. */
export const limitGroups = [
  { title: 'Edge', limits: edgeLimits },
  { title: 'Wire', limits: wireLimits },
  { title: 'Delivery', limits: deliveryLimits },
  { title: 'Keys, media', limits: keyLimits },
  { title: 'Accounts', limits: accountLimits },
  { title: 'People', limits: peopleLimits },
  { title: 'User tokens', limits: tokenLimits },
  { title: 'Sealing', limits: sealingLimits },
  { title: 'Tunnels', limits: tunnelLimits },
  { title: 'Webhooks and wakes', limits: webhookLimits },
] as const;
