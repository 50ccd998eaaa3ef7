import { limits } from '@causeway/limits';
import { FakeClock } from '@causeway/testing';
import { describe, expect, it } from 'vitest';
import { demandRecentAuthentication } from './recent-authentication.js';

const now = 1_750_000_000;
const clock = new FakeClock(now * 1_000);
const maxAge = limits.recentAuthenticationSeconds.value;
const demand = (auth_time: number | undefined) => () =>
  demandRecentAuthentication({ claims: { auth_time } }, clock);

describe('a recent sign-in', () => {
  it.each([0, 1, maxAge, -limits.tokenClockToleranceSeconds.value])('may be %i seconds old', (age) => {
    expect(demand(now - age)).not.toThrow();
  });

  it.each([undefined, 0, now - maxAge - 1, now + limits.tokenClockToleranceSeconds.value + 1])(
    'is asked for when the last one was at %s',
    (at) => {
      expect(demand(at)).toThrow(
        expect.objectContaining({
          code: 'insufficient_user_authentication',
          status: 401,
          challenge: expect.stringContaining(`max_age="${maxAge}"`),
        }),
      );
    },
  );
});
