import { setTimeout as delay } from 'node:timers/promises';
import { disconnect, disorder } from '../checks/gatekeeper.js';
import type { Column } from '../column/column.js';

/** What the gatekeeper, or the way to it, does under a running conversation. */
export interface GatekeeperFault {
  readonly name: string;
  /** Longer than a run of `npm test` should wait. */
  readonly slow?: boolean;
  /** Order is the gatekeeper's to keep; where it does not, nobody else can. */
  readonly disordered?: boolean;
  run(column: Column, identifier: string): Promise<void>;
}

const CUTS = 3;

export const gatekeeperFaults: readonly GatekeeperFault[] = [
  {
    name: 'resets the connection in the middle of a frame, three times',
    async run({ upstreamLink }) {
      for (let cut = 1; cut <= CUTS; cut += 1) {
        upstreamLink.disturb('down', { cutAfterBytes: 40 * cut });
        await delay(1_500);
        await upstreamLink.heal();
        await delay(1_500);
      }
    },
  },
  {
    name: 'is gone for 4 s and refuses connections',
    async run({ upstreamLink }) {
      await upstreamLink.refuse();
      upstreamLink.cut();
      await delay(4_000);
      await upstreamLink.heal();
    },
  },
  {
    name: 'says that another connection took over',
    run: ({ endpoints }, identifier) => disconnect(endpoints.control, identifier, 'replaced'),
  },
  {
    name: 'sends a tenth of its messages twice',
    run: ({ endpoints }, identifier) => disorder(endpoints.control, identifier, { duplicateNext: 3 }),
  },
  {
    name: 'sends three pairs in the wrong order',
    disordered: true,
    run: ({ endpoints }, identifier) => disorder(endpoints.control, identifier, { reorderNext: 3 }),
  },
  {
    name: 'is reached over a bad network',
    slow: true,
    async run({ upstreamLink }) {
      upstreamLink.disturb('both', { latencyMs: 200, jitterMs: 150, slice: true, bytesPerSecond: 20_000 });
      await delay(20_000);
      await upstreamLink.heal();
    },
  },
  {
    name: 'is black-holed for 60 s',
    slow: true,
    async run({ upstreamLink }) {
      upstreamLink.blackHole();
      await delay(60_000);
      await upstreamLink.heal();
    },
  },
];
