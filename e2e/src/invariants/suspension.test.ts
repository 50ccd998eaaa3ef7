import { eventually } from '@causeway/testing';
import { ownKafkaBehindProxy, type BehindProxy } from '@causeway/testing/faults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Backend } from '../checks/backend.js';
import { accountOf } from '../checks/gatekeeper.js';
import { bringPeople, type People } from '../checks/people.js';
import { startColumn, type Column } from '../column/column.js';
import { causeway } from '../column/command.js';
import { describeColumn } from '../column/describe-column.js';

/** The pods learn of it within 2 seconds; the rest is room for a busy machine. The broker stands still for longer. */
const EFFECTIVE_MS = 10_000;
const WITHIN_MS = 60_000;

describeColumn('production', 'rights are taken while the broker stands still', (engines) => {
  let kafka: BehindProxy;
  let column: Column;
  let people: People;
  let backend: Backend;
  let userId: string;

  beforeAll(async () => {
    kafka = await ownKafkaBehindProxy();
    const { kafkaMutual: _, ...others } = engines;
    column = await startColumn(
      'production',
      { ...others, kafkaBrokers: kafka.url },
      { portBase: 8_660, custody: 'provider' },
    );
    people = await bringPeople(column);
    await people.alice.enter(WITHIN_MS);
    backend = new Backend(column.endpoints);
    userId = await backend.userId('alice');
  });
  afterAll(async () => {
    // Only when a test broke off before it was thawed.
    await kafka?.engine.thaw().catch(() => undefined);
    await people?.alice.device.close();
    await column?.stop();
    await kafka?.remove();
  });

  const connected = async () =>
    (await accountOf(column.endpoints.control, people.alice.identifier)).connected;

  it('suspended, a user’s upstream connection ends and what she sends is refused', async () => {
    const { alice, bob } = people;
    expect(await connected()).toBe(true);
    await kafka.engine.freeze();
    const answer = await backend.call('PUT', `/${userId}/suspension`, { reason: 'abuse' });
    expect(answer.status).toBe(204);
    await eventually(async () => expect(await connected()).toBe(false), { deadlineMs: EFFECTIVE_MS });
    const { id } = await alice.device.send({ to: bob.jid, kind: 'text', text: 'Let me through' });
    expect(await alice.outcome(id, EFFECTIVE_MS)).not.toBe('accepted');
  });

  it('which holds when the broker goes on; reinstated, she writes again', async () => {
    const { alice, bob } = people;
    await kafka.engine.thaw();
    const { id } = await alice.device.send({ to: bob.jid, kind: 'text', text: 'And now?' });
    expect(await alice.outcome(id, WITHIN_MS)).not.toBe('accepted');
    expect(await connected()).toBe(false);
    expect((await backend.call('DELETE', `/${userId}/suspension`)).status).toBe(204);
    await eventually(async () => expect(await connected()).toBe(true), { deadlineMs: WITHIN_MS });
    const again = await alice.device.send({ to: bob.jid, kind: 'text', text: 'Thank you' });
    expect(await alice.outcome(again.id, WITHIN_MS)).toBe('accepted');
  });

  it('by the kill switch of the gatekeeper, everybody’s connection ends, until it goes on', async () => {
    await kafka.engine.freeze();
    await causeway(column, 'gatekeepers', 'stop', column.endpoints.gatekeeper, '--reason', 'a trial');
    await eventually(async () => expect(await connected()).toBe(false), { deadlineMs: EFFECTIVE_MS });
    await kafka.engine.thaw();
    await causeway(column, 'gatekeepers', 'resume', column.endpoints.gatekeeper);
    await eventually(async () => expect(await connected()).toBe(true), { deadlineMs: WITHIN_MS });
  });
});
