import { describe, expect, it } from 'vitest';
import { limits, rateLimits, renderLimits, type Limit } from './index.js';
import { limitGroups } from './limits.js';

describe('limits', () => {
  it('are positive whole numbers with a reason', () => {
    for (const [name, limit] of Object.entries<Limit>(limits)) {
      expect(Number.isSafeInteger(limit.value) && limit.value > 0, name).toBe(true);
      expect(limit.reason.length, name).toBeGreaterThan(10);
    }
  });

  it('have each name once over all groups', () => {
    const names = limitGroups.flatMap((group) => Object.keys(group.limits));
    expect(new Set(names).size).toBe(names.length);
    expect(names.toSorted()).toEqual(Object.keys(limits).toSorted());
  });

  it('carry the unit that their name says', () => {
    for (const [name, limit] of Object.entries<Limit>(limits)) {
      if (name.endsWith('Ms')) expect(limit.unit, name).toBe('milliseconds');
      if (name.endsWith('Bytes')) expect(limit.unit, name).toBe('bytes');
      if (name.endsWith('Seconds')) expect(limit.unit, name).toBe('seconds');
    }
  });

  it('fit each other', () => {
    const { signerDeadlineMs, signerAttempts, signerBackoffMs, internalDeadlineMs } = limits;
    const signedMs =
      signerAttempts.value * signerDeadlineMs.value + signerBackoffMs.value * (2 ** signerAttempts.value - 1);
    expect(signedMs).toBeLessThan(internalDeadlineMs.value);
    const { keyServiceDeadlineMs, keyServiceAttempts, keyServiceBackoffMs } = limits;
    const unwrappedMs =
      keyServiceAttempts.value * keyServiceDeadlineMs.value +
      keyServiceBackoffMs.value * (2 ** keyServiceAttempts.value - 1);
    expect(unwrappedMs).toBeLessThan(internalDeadlineMs.value);
    expect(limits.presenceRenewMs.value * 3).toBeLessThan(limits.presenceLeaseMs.value);
    const { presenceLeaseMs, closeAfterCleanDisconnectMs, presenceRebuildMs } = limits;
    const seenGoneMs = presenceLeaseMs.value + closeAfterCleanDisconnectMs.value;
    expect(seenGoneMs).toBeLessThan(limits.closeAfterLostLeaseMs.value);
    const rebuiltMs = presenceRebuildMs.value + 2 * closeAfterCleanDisconnectMs.value;
    expect(rebuiltMs).toBeLessThan(limits.closeWithoutCoordinationMs.value);
    expect(limits.revocationReadMs.value * 3).toBeLessThan(limits.revocationBlindMs.value);
    expect(limits.queryDeadlineMs.value).toBeLessThan(limits.commandDeadlineMs.value);
    expect(limits.accessTokenBytes.value).toBeLessThan(limits.httpHeaderBytes.value);
    expect(limits.stanzaBytes.value).toBeLessThan(limits.ephemeralMailboxItemBytes.value);
    expect(limits.ephemeralMailboxItemBytes.value).toBeLessThan(limits.eventBytes.value);
    expect(limits.unackedWindowItems.value).toBeLessThan(limits.ephemeralMailboxItems.value);
    expect(3 * limits.prekeyBatchItems.value).toBeLessThan(limits.stanzaElements.value);
  });
});

describe('rateLimits', () => {
  it('are named like their key, and refill', () => {
    for (const [key, rate] of Object.entries(rateLimits)) {
      expect(rate.name).toBe(key);
      expect(rate.capacity).toBeGreaterThanOrEqual(1);
      expect(rate.refillPerSecond).toBeGreaterThan(0);
    }
  });

  it('fail closed where keys and identities are at stake', () => {
    for (const name of ['optIn', 'tokenMinting', 'prekeyUpload', 'peerQuery'] as const) {
      expect(rateLimits[name].failOpen, name).toBe(false);
    }
  });
});

describe('renderLimits', () => {
  it('has a row for each limit and rate limit', () => {
    const page = renderLimits();
    for (const name of [...Object.keys(limits), ...Object.keys(rateLimits)]) {
      expect(page.split(`| \`${name}\` |`), name).toHaveLength(2);
    }
    expect(page).toContain('| `prekeyUpload` | 10 | 10 per minute | denied |');
    expect(page).toContain('| `commandDeadlineMs` | 30000 | milliseconds |');
  });
});
