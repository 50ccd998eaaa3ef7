import { setTimeout as delay } from 'node:timers/promises';
import { Postgres } from '@causeway/postgres';
import { createLogger, createMetrics } from '@causeway/telemetry';
import type { Tracked } from '@causeway/testing/faults';
import { openEventBus, type TopicContract } from '../index.js';
import { applyEffect } from './ledger.fixture.js';

/** Where a trial's log and effects are; travels to processes as JSON. */
export interface TrialAddresses {
  /** `postgres:` or `kafka://…`. */
  readonly bus: string;
  /** The log's database, for `postgres:`. */
  readonly log?: string;
  readonly effects: string;
}

/** One consumer of a trial. */
export interface MemberSettings extends TrialAddresses {
  readonly topic: string;
  readonly name: string;
  readonly handlerMs: number;
  /** As of a subscription; few and quick, so that an event that is wrongly given up on shows. */
  readonly retry: { readonly attempts: number; readonly backoffMs: number };
  /** The first event with at least this number is held, heedless of its signal, before its effect. */
  readonly holdFrom?: number;
  /** How far its process's wall clock is ahead, from its start; for a member in a process of its own. */
  readonly clockAheadMs?: number;
}

/** What a consumer tells. */
export type MemberSaid =
  | { readonly kind: 'ready' | 'gone' }
  | { readonly kind: 'holding' | 'stale'; readonly id: string; readonly generation: number };

const holdMs = 1_000;

export function connect(url: string, statementTimeoutMs = 5_000): Postgres {
  return Postgres.connect(url, {
    poolSize: 4,
    applicationName: 'event-faults',
    statementTimeoutMs,
    connectTimeoutMs: 2_000,
  });
}

export function trackedTopic(name: string): TopicContract<Tracked> {
  return {
    name,
    schema: {
      parse(value) {
        const { id, key, seq } = value as Partial<Tracked>;
        if (typeof id !== 'string' || typeof key !== 'string' || typeof seq !== 'number')
          throw new Error('not a tracked message');
        return { id, key, seq };
      },
    },
    key: (message) => message.key,
  };
}

/** Subscribes a member whose handler writes an effect, fenced and deduplicated. */
export async function startMember(
  settings: MemberSettings,
  say: (said: MemberSaid) => void,
): Promise<{ close(): Promise<void> }> {
  const effects = connect(settings.effects);
  const log = settings.log === undefined ? undefined : connect(settings.log);
  const bus = openEventBus(settings.bus, {
    clientId: settings.name,
    logger: createLogger({ service: 'event-faults', level: 'silent' }),
    metrics: createMetrics('event-faults'),
    partitions: 4,
    tuning: { closeGraceMs: 1_000 },
    ...(log === undefined ? {} : { postgres: log }),
  });
  let hold = settings.holdFrom ?? Infinity;
  await bus.subscribe({
    topic: trackedTopic(settings.topic),
    group: 'trial',
    mode: 'shared',
    retry: settings.retry,
    onPoison: 'dead-letter',
    async handle({ data }, context) {
      const { generation } = context;
      if (data.seq >= hold) {
        hold = Infinity;
        say({ kind: 'holding', id: data.id, generation });
        await delay(holdMs);
      }
      await delay(settings.handlerMs);
      if ((await applyEffect(effects, data, context, settings.name)) !== 'stale') return;
      say({ kind: 'stale', id: data.id, generation });
      throw new Error('the partition belongs to a later generation');
    },
  });
  say({ kind: 'ready' });
  return {
    async close() {
      await bus.close();
      await Promise.all([effects.close(), log?.close()]);
    },
  };
}
