import { describe, expect, it } from 'vitest';
import { composeCatalogue, defineErrors } from './errors/index.js';
import { errorCatalogue, topics } from './index.js';

describe('error catalogue', () => {
  it('has a status and a meaning for every code', () => {
    for (const error of errorCatalogue.values()) {
      expect(error.code).toMatch(/^[a-z][a-z_]+$/);
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(error.meaning.length).toBeGreaterThan(15);
    }
  });

  it('refuses a code that two owners declare', () => {
    const one = defineErrors({ same: { status: 400, meaning: 'one owner declares this code' } });
    expect(() => composeCatalogue({ one, two: one })).toThrow(/declared twice: same/);
  });
});

describe('topics', () => {
  it('each have a producer, a consumer and a retention of at most 7 days', () => {
    for (const topic of topics) {
      expect(topic.producers.length).toBeGreaterThan(0);
      expect(topic.consumers.length).toBeGreaterThan(0);
      expect(topic.retentionMs).toBeLessThanOrEqual(7 * 24 * 3_600_000);
    }
  });

  it('that carry content in transit keep it 10 minutes at most', () => {
    for (const topic of topics.filter((entry) => entry.sealed))
      expect(topic.retentionMs).toBeLessThanOrEqual(600_000);
  });
});
