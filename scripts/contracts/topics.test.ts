import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topics } from '@causeway/contracts';
import * as accounts from '@causeway/contracts/accounts';
import * as downstream from '@causeway/contracts/downstream';
import * as keys from '@causeway/contracts/keys';
import * as session from '@causeway/contracts/session';
import * as upstream from '@causeway/contracts/upstream';
import * as webhooks from '@causeway/contracts/webhooks';
import { sourceTexts } from '../docs/typescript-files.js';
import { services } from '../lint/boundaries.js';
import { falseClaims, topicUses } from './topic-uses.js';

const workspace = join(import.meta.dirname, '../..');
const exportsOfContracts = Object.entries({
  ...accounts,
  ...downstream,
  ...keys,
  ...session,
  ...upstream,
  ...webhooks,
});
const named = topics.map((topic) => {
  const exported = exportsOfContracts.find(([, value]) => value === topic)?.[0];
  if (exported === undefined) throw new Error(`${topic.name} is not exported by its owner`);
  return { ...topic, exported };
});
const sources = new Map(services.map((owner) => [owner, sourceTexts(workspace, `libs/${owner}`)]));

const uses = new Map(services.map((owner) => [owner, topicUses(owner, sources.get(owner) ?? [])]));

/** What is false when the sources of one service are changed. */
function claimsWhen(owner: string, change: (text: string) => string): string[] {
  const changed = (sources.get(owner) ?? []).map(({ path, text }) => ({ path, text: change(text) }));
  return falseClaims(named, [...new Map(uses).set(owner, topicUses(owner, changed)).values()].flat());
}

describe('the producers and consumers that contracts name', () => {
  it('are those that the sources of the services have', () => {
    expect(falseClaims(named, [...uses.values()].flat())).toEqual([]);
  });

  it('do not hold any more when any one of them is taken away', () => {
    for (const { name, exported, producers, consumers } of named) {
      for (const owner of consumers) {
        const without = (text: string) =>
          text.replaceAll(new RegExp(`\\btopic: ${exported}\\b`, 'g'), 'topic: none');
        expect(claimsWhen(owner, without)).toContain(
          `${name}: ${owner} is said to be a consumer and never consumes it`,
        );
      }
      for (const owner of producers) {
        const without = (text: string) =>
          text
            .replaceAll(new RegExp(`publish\\(\\s*${exported}\\b`, 'g'), 'publish(none')
            .replaceAll(new RegExp(`(appendToOutbox\\(\\s*\\w+,\\s*\\S+,\\s*)${exported}\\b`, 'g'), '$1none');
        expect(claimsWhen(owner, without)).toContain(
          `${name}: ${owner} is said to be a producer and never publishes it`,
        );
      }
    }
  });
});

describe('a use of a topic', () => {
  const contract = "import { pushTopic as topic, keysTopic } from '@causeway/contracts/x';\n";
  const uses = (text: string) =>
    topicUses('x', [{ path: 'x.ts', text: contract + text }]).map((use) => [use.topic, use.role]);

  it('is recognised however the call is written', () => {
    expect(uses('await bus.subscribe({ topic, group });')).toEqual([['pushTopic', 'consumer']]);
    expect(uses('this.bus.publish(\n  keysTopic, []);')).toEqual([['keysTopic', 'producer']]);
    expect(uses("appendToOutbox(tx, 'x', keysTopic, []);")).toEqual([['keysTopic', 'producer']]);
  });

  it('is not an import, a mention in a comment, or a call of something else', () => {
    expect(uses('// bus.publish(keysTopic)\nlog(keysTopic); const outbox = { topics: [topic] };')).toEqual(
      [],
    );
    expect(uses('signals.publish(channel, text); emitter.subscribe(keysTopic);')).toEqual([]);
  });

  it('that is not said is a difference, too', () => {
    const [use] = topicUses('x', [{ path: 'x.ts', text: `${contract}bus.publish(keysTopic, []);` }]);
    const topic = { name: 'causeway.keys.v1', exported: 'keysTopic', producers: [], consumers: [] };
    expect(falseClaims([topic], use ? [use] : [])).toEqual([
      'causeway.keys.v1: x publishes it at x.ts:2, which is not said',
    ]);
  });
});
