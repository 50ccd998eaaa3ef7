import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Coordination } from '../port.js';
import type { CoordinationHarness } from './harness.js';
import { mailboxSuite } from './mailbox.suite.js';
import { presenceSuite } from './presence.suite.js';
import { rebuildSuite } from './rebuild.suite.js';
import { ratesSuite } from './rates.suite.js';
import { signalsSuite } from './signals.suite.js';

export type { CoordinationHarness } from './harness.js';

const longLeaseMs = 60_000;

/** What every engine of coordination must do. */
export function coordinationConformance(engine: string, harness: CoordinationHarness): void {
  describe(`coordination on ${engine}`, () => {
    const opened: Coordination[] = [];
    const open = (leaseMs = longLeaseMs): Coordination => {
      const coordination = harness.open(leaseMs);
      opened.push(coordination);
      return coordination;
    };
    beforeEach(() => expect(opened).toEqual([]));
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((coordination) => coordination.close()));
    });

    presenceSuite(open);
    rebuildSuite(open, () => harness.loseMemory());
    mailboxSuite(open);
    signalsSuite(open);
    ratesSuite(open);

    it('answers a check until it is closed, which may be asked twice', async () => {
      const coordination = open();
      await coordination.check();
      await coordination.close();
      await coordination.close();
      await expect(coordination.check()).rejects.toMatchObject({ code: 'coordination_unreachable' });
    });
  });
}
