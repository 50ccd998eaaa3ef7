import { expect, it } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@causeway/testing';
import { nightly, seeded, type SeededRandom } from '@causeway/testing/faults';
import type { MemberSaid, TrialAddresses } from './member.fixture.js';
import { Trial, type TrialOptions } from './trial.fixture.js';

/** How long a trial may take: a membership lapses after 15 s at most, several times over in a campaign. */
export const trialTimeoutMs = nightly ? 900_000 : 120_000;

/** A process that starts on a busy machine takes its time. */
const saidDeadlineMs = 60_000;

type Saying = Extract<MemberSaid, { kind: 'holding' | 'stale' }>;
const isHolding = (said: MemberSaid): said is Saying => said.kind === 'holding';

/** Runs a trial to its end; the title of the test names the engine. */
export async function runTrial(
  addresses: TrialAddresses,
  options: TrialOptions,
  body: (trial: Trial) => Promise<void>,
): Promise<void> {
  const trial = await Trial.begin(addresses, options);
  try {
    await body(trial);
  } finally {
    await trial.end();
  }
}

/** What can happen to consumers, on any engine. @param fresh addresses with an empty database for effects */
export function consumerTrials(engine: string, fresh: () => Promise<TrialAddresses>): void {
  it.concurrent(
    'loses and doubles nothing when a member is killed in the middle of its work',
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${engine}, member SIGKILL`;
      await runTrial(await fresh(), { title, seed: random.seed, handlerMs: 5 }, (trial) =>
        killMembers(trial, random),
      );
    }),
  );

  it.concurrent(
    'fences a member that stood still for longer than its membership lasts',
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${engine}, member SIGSTOP`;
      await runTrial(await fresh(), { title, seed: random.seed }, freezeMember);
    }),
  );

  it.concurrent(
    'keeps order while members come and go',
    { timeout: trialTimeoutMs },
    seeded(async (random) => {
      const title = `${engine}, rebalance`;
      await runTrial(await fresh(), { title, seed: random.seed }, (trial) => comeAndGo(trial, random));
    }),
  );
}

async function killMembers(trial: Trial, random: SeededRandom): Promise<void> {
  const members = [await trial.process('one'), await trial.process('two')];
  await trial.flow();
  for (let round = 0; round < (nightly ? 20 : 1); round++) {
    await delay(random.int(200, 900));
    await members.splice(random.int(0, members.length - 1), 1)[0]?.kill();
    trial.healed();
    members.push(await trial.process(`next-${round}`));
  }
  await trial.finish();
}

/** Longer than any membership. By day it goes on as soon as somebody else has taken over. */
const frozenMs = nightly ? 45_000 : 0;

async function freezeMember(trial: Trial): Promise<void> {
  for (let round = 0; round < (nightly ? 5 : 1); round++) {
    const from = Math.max(0, ...(await trial.seen()).map(({ seq }) => seq)) + 20;
    const zombie = await trial.process(`zombie-${round}`, { holdFrom: from });
    const heir = await trial.process(`heir-${round}`);
    if (round === 0) await trial.flow();
    const held = await zombie.said(isHolding, saidDeadlineMs);
    zombie.freeze();
    const frozenAt = performance.now();
    trial.healed();
    const inherited = await eventually(
      async () => {
        const effect = (await trial.seen()).find(({ id }) => id === held.id);
        if (effect === undefined) throw new Error('nobody has taken the held event over');
        return effect;
      },
      { deadlineMs: 60_000, everyMs: 200 },
    );
    await delay(Math.max(0, frozenMs - (performance.now() - frozenAt)));
    zombie.thaw();
    // It goes on with its write, under the generation of before, and is refused; so is whatever else it was about to write.
    const isRefusal = (said: MemberSaid): said is Saying => said.kind === 'stale' && said.id === held.id;
    expect((await zombie.said(isRefusal, saidDeadlineMs)).generation).toBe(held.generation);
    expect(inherited.generation).toBeGreaterThan(held.generation);
    // There must be a partition left for the members of the next round.
    await zombie.end();
    if (round > 0) await heir.end();
  }
  await trial.finish();
  await trial.requireNoDeadLetters();
}

async function comeAndGo(trial: Trial, random: SeededRandom): Promise<void> {
  const members = [await trial.member('first')];
  await trial.flow();
  for (let round = 0; round < (nightly ? 30 : 4); round++) {
    if (members.length === 1 || (members.length < 4 && random.next() < 0.5)) {
      members.push(await trial.member(`member-${round}`));
    } else {
      await members.splice(random.int(0, members.length - 1), 1)[0]?.close();
    }
    await delay(random.int(0, 400));
  }
  trial.healed();
  await trial.finish();
  await trial.requireNoDeadLetters();
}
