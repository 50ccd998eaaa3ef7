import type { GatekeeperProfile } from '@causeway/profiles';
import type { ConnectionDependencies, UserRates } from './ports.js';

/** How fast a user may send to each gatekeeper in use; a connection to another does not come about. */
export function ratesByProfile(
  profiles: ReadonlyMap<string, GatekeeperProfile>,
): ConnectionDependencies['ratesOf'] {
  const rates = new Map([...profiles].map(([id, { rateLimits }]) => [id, userRatesOf(rateLimits)]));
  return (gatekeeper) => {
    const found = rates.get(gatekeeper);
    if (found === undefined) throw new TypeError('there is no profile of this gatekeeper');
    return found;
  };
}

/**
 * That the rates cannot be counted for a while must not hold up messages; people who have never heard of our user are
 * protected all the same.
 */
function userRatesOf({ messages, newPeers }: GatekeeperProfile['rateLimits']): UserRates {
  return {
    messages: {
      name: 'messages',
      ...messages,
      failOpen: true,
      reason: 'What a gatekeeper takes from one user before it thinks of a robot.',
    },
    newPeers: {
      name: 'newPeers',
      ...newPeers,
      failOpen: false,
      reason: 'Gatekeepers ban who writes to many strangers.',
    },
  };
}
