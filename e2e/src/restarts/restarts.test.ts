import { afterAll, beforeAll, it } from 'vitest';
import { serviceNames, type Custody } from 'causeway/stack';
import { streamBothWays } from '../checks/conversation.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, unitOf, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';
import { expectUndamaged } from './expect-undamaged.js';
import type { Job, PreparedJob } from './jobs/job.js';
import { jobs, oneForEachService, slowJobs } from './jobs/jobs.js';
import { comeBack, killAt } from './kill-at.js';
import { messagePoints, oneForEachStage, type MessagePoint } from './message-points.js';

const stream = { count: 20, paceMs: 100 };
const KILL_AFTER = 7;
/** A restarted member waits until the broker has given up its predecessor, and the device until its next attempt. */
const RESTART_TEST_MS = 180_000;

/** Every point on every column is `npm run nightly`. */
const nightly = process.env['NIGHTLY'] !== undefined;
const HOLDERS = ['session', 'fanout'];

const some = (...names: string[]): MessagePoint[] =>
  messagePoints.gatekeeper.filter(({ name }) => names.includes(name));

interface Run {
  readonly column: ColumnName;
  readonly custody: Custody;
  readonly portBase: number;
  /** Killed in the middle of a stream of messages. */
  readonly killed: readonly string[];
  readonly points: readonly MessagePoint[];
  readonly jobs: readonly Job[];
  /** Begun before all and ended after all. */
  readonly slowJobs: readonly Job[];
}

const onlyMessages = { jobs: [], slowJobs: [] };
const everyJob = { jobs, slowJobs };
const someJobs = { jobs: oneForEachService(jobs), slowJobs: oneForEachService(slowJobs) };
const { gatekeeper, provider } = messagePoints;
const inEveryRun: readonly Run[] = [
  {
    column: 'embedded',
    custody: 'gatekeeper',
    portBase: 8220,
    killed: ['stack'],
    points: nightly ? gatekeeper : oneForEachStage(gatekeeper),
    ...(nightly ? everyJob : someJobs),
  },
  {
    column: 'embedded',
    custody: 'provider',
    portBase: 8250,
    killed: ['stack'],
    points: nightly ? provider : [],
    ...onlyMessages,
  },
];
const production: readonly Run[] = nightly
  ? [
      {
        column: 'production',
        custody: 'gatekeeper',
        portBase: 8280,
        killed: serviceNames,
        points: gatekeeper,
        ...everyJob,
      },
      {
        column: 'production',
        custody: 'provider',
        portBase: 8310,
        killed: HOLDERS,
        points: provider,
        ...onlyMessages,
      },
    ]
  : [
      {
        column: 'production',
        custody: 'gatekeeper',
        portBase: 8280,
        killed: [],
        points: some('session.send.sent', 'fanout.message.stored'),
        ...onlyMessages,
      },
    ];

for (const run of [...inEveryRun, ...production]) {
  describeColumn(run.column, `custody ${run.custody}: SIGKILL`, (engines) => {
    let column: Column;
    let people: People;
    const underWay = new Map<string, PreparedJob>();

    beforeAll(async () => {
      const { portBase, custody } = run;
      column = await startColumn(run.column, engines, { portBase, custody });
      people = await bringPeople(column);
      await people.alice.enter(30_000);
    });
    afterAll(async () => {
      await people?.alice.device.close();
      await column?.stop();
    });

    async function killDuring(job: Job): Promise<PreparedJob> {
      const prepared = await job.prepare({ column, people });
      await killAt(
        column,
        job,
        () => prepared.begin(),
        async () => prepared.whileDown?.(),
      );
      return prepared;
    }

    it.each(run.slowJobs)(
      'at $name: what was begun is not forgotten',
      async (job) => void underWay.set(job.name, await killDuring(job)),
      RESTART_TEST_MS,
    );

    it.each(run.killed)(
      'of %s in the middle of messages both ways: nothing is lost, nothing is shown twice',
      async (name) => {
        const unit = unitOf(column, name);
        const restart = async (): Promise<void> => {
          await unit.kill();
          await unit.start();
        };
        const sent = await streamBothWays(people, {
          ...stream,
          disturbance: { after: KILL_AFTER, run: restart },
        });
        await expectUndamaged(people, sent, column.endpoints.control);
      },
      RESTART_TEST_MS,
    );

    it.for(run.points)(
      'at $name, message $way: nothing is lost, nothing is shown twice',
      { timeout: RESTART_TEST_MS },
      async (point, { annotate }) => {
        const { alice, bob } = people;
        const sent = { outward: [] as string[], inward: [] as string[] };
        const send = {
          out: async (text: string) =>
            void sent.outward.push((await alice.device.send({ to: bob.jid, kind: 'text', text })).id),
          in: async (text: string) =>
            void sent.inward.push(await bob.send({ to: alice.identifier, kind: 'text', text })),
        };
        const other = point.way === 'out' ? send.in : send.out;
        const diedAtMs = await killAt(
          column,
          point,
          () => send[point.way]('one'),
          () => other('two'),
        );
        await comeBack(people);
        await send.out('three');
        await send.in('four');
        await expectUndamaged(people, sent, column.endpoints.control);
        await annotate(`whole again after ${Math.round(performance.now() - diedAtMs)} ms`);
      },
    );

    it.each(run.jobs)(
      'at $name: what was begun ends well',
      async (job) => (await killDuring(job)).ends(),
      RESTART_TEST_MS,
    );

    it.each(run.slowJobs)(
      'after $name: what was begun ends well',
      async ({ name }) => underWay.get(name)?.ends(),
      RESTART_TEST_MS,
    );
  });
}
