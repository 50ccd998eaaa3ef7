import { randomBytes } from 'node:crypto';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { captureLogs, describeWithEngine, FakeClock, plansOf } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConnectionWorld, peer } from '../fixtures/connection-world.js';
import { Submissions } from '../submissions/submissions.js';
import { submissionsSweep } from '../submissions/submissions.sweep.js';
import { DurableMailbox } from './durable-mailbox.js';
import type { Deliverable } from './mailbox-item.js';
import { mailboxSweep, stallsSweep } from './mailbox.sweep.js';

describeWithEngine('postgres', 'statements of fanout', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  const world = new ConnectionWorld(new FakeClock(), captureLogs().logger);
  const { sessionKey, gatekeeper } = world;
  const route = { sessionKey, gatekeeper, epoch: 1 };
  const dedupe = randomBytes(32).toString('base64');
  const message = { ...world.message('A'), epoch: 1, body: { clear: {} }, dedupe } as unknown as Deliverable;
  const outgoing = {
    to: peer,
    stanzaType: 'text' as const,
    encrypted: { type: 'msg' as const, ciphertext: 'AAAA' },
  };

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 2, applicationName: 'plans', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.urlFor('fanout'), options);
  });
  afterAll(async () => {
    await world.coordination.close();
    await postgres.close();
    await database.drop();
  });

  it.each<[string, (db: Postgres) => Promise<unknown>, RegExp]>([
    [
      'append to the mailbox',
      (db) => new DurableMailbox(db).store(message),
      /mailbox_\d_session_key_seq_idx/,
    ],
    [
      'read the mailbox',
      (db) => new DurableMailbox(db).read(sessionKey, 0, 100),
      /mailbox_\d_session_key_seq_idx/,
    ],
    [
      'acknowledge',
      (db) => new DurableMailbox(db).remove(sessionKey, [1, 2]),
      /mailbox_\d_session_key_seq_idx/,
    ],
    ['resume after a stall', (db) => new DurableMailbox(db).resume(sessionKey), /mailbox_stalls_pkey/],
    ['submit', (db) => new Submissions(db, () => 0).submit(route, 'S', outgoing), /submissions_waiting_idx/],
    ['send again what waits', (db) => new Submissions(db, () => 0).resume(route), /submissions_waiting_idx/],
    ['settle', (db) => new Submissions(db, () => 0).settle(sessionKey, 'S'), /submissions_pkey/],
    ['sweep stalls', (db) => stallsSweep.batch(db), /mailbox_stalls_since_idx/],
    ['sweep submissions', (db) => submissionsSweep.batch(db), /submissions_expires_at_idx/],
    ['sweep the mailbox', (db) => mailboxSweep.batch(db), /mailbox_\d_expires_at_idx/],
  ])('%s by index', async (_what, work, index) => {
    const plans = await plansOf(postgres, work);
    expect(plans.flatMap(({ scanned }) => scanned)).toEqual([]);
    expect(plans.flatMap(({ indexes }) => indexes).join(' ')).toMatch(index);
  });

  it('are told apart from one that no index serves', async () => {
    const plans = await plansOf(postgres, (db) =>
      db.query(sql`select 1 from fanout.mailbox where kind = 'x'`),
    );
    expect(plans.flatMap(({ scanned }) => scanned)).toContain('mailbox_0');
  });
});
