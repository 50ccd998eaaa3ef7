import type { Caller } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import type { Users } from '../users/users.store.js';
import type { Eligibility } from './eligibility.service.js';
import type { CountryRequest, RegionHeader } from './region-header.js';

/** Takes from the requests of users' devices in which country they are, where a trusted proxy says it. */
export class Sights {
  constructor(
    private readonly header: RegionHeader,
    private readonly users: Pick<Users, 'find'>,
    private readonly eligibility: Pick<Eligibility, 'observe'>,
    private readonly clock: Clock,
  ) {}

  async take(caller: Caller, request: CountryRequest): Promise<void> {
    const country = this.header.countryOf(request);
    const userId = country === undefined ? undefined : await this.users.find(caller.subjectHash);
    if (country === undefined || userId === undefined) return;
    await this.eligibility.observe(userId, { country, at: this.clock.now(), source: 'proxy' });
  }
}
