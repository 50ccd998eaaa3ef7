import { describe, expect, it } from 'vitest';
import { replicasOn, topicFaults, topicSettings } from './topic-settings.js';

const spec = { name: 'x.v1', retentionMs: 600_000 };

/** The codes of a topic that was created well and then changed. */
function codes(
  change: Readonly<Record<string, string>>,
  brokers = 3,
  replicas = replicasOn(brokers),
): string[] {
  const settings = new Map(Object.entries({ ...topicSettings(spec, brokers), ...change }));
  return topicFaults(spec, replicas, settings, brokers).map(({ code }) => code);
}

describe('topicFaults', () => {
  it.each([1, 2, 3, 7])('finds nothing wrong with what is created on %d brokers', (brokers) => {
    expect(codes({}, brokers)).toEqual([]);
  });

  it.each([
    [{ 'cleanup.policy': 'compact' }, 'topic_compacted'],
    [{ 'cleanup.policy': 'compact,delete' }, 'topic_compacted'],
    [{ 'retention.ms': '599999' }, 'retention_too_short'],
    [{ 'retention.ms': '600001' }, 'retention_too_long'],
    [{ 'retention.ms': '-1' }, 'retention_too_long'],
    [{ 'segment.ms': '604800000' }, 'retention_too_long'],
    [{ 'retention.bytes': '1073741824' }, 'retention_by_size'],
    [{ 'min.insync.replicas': '1' }, 'min_insync_too_low'],
    [{ 'unclean.leader.election.enable': 'true' }, 'unclean_leader_election'],
    [{ 'max.message.bytes': '524288' }, 'message_size_too_small'],
  ])('refuses %o', (change, code) => {
    expect(codes(change)).toEqual([code]);
  });

  it('asks for as many replicas as there are brokers, up to three', () => {
    expect(codes({}, 3, 2)).toEqual(['replication_too_low']);
    expect(codes({}, 2, 1)).toEqual(['replication_too_low']);
    expect(codes({ 'min.insync.replicas': '1' }, 2)).toEqual([]);
  });

  it('finds everything at once', () => {
    const change = { 'cleanup.policy': 'compact', 'min.insync.replicas': '1', 'retention.ms': '1' };
    expect(codes(change)).toEqual(['topic_compacted', 'retention_too_short', 'min_insync_too_low']);
  });
});
