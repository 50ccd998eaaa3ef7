import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { note, noteTopic } from '../conformance/note-topic.js';
import { deadLetterOf } from './dead-letter.js';
import { decodeEvent } from './decode.js';
import { checkEvent, encodeEvent } from './encode.js';
import { isLarger, sizeOf, type RawEvent } from './records.js';

const topic = noteTopic();
const text = fc.string({ unit: fc.constantFrom('a', 'é', '→', '𐍈', '"', '\n') });
const headers = fc.dictionary(
  fc.constantFrom('ce_specversion', 'ce_id', 'ce_type', 'ce_time', 'traceparent', 'x'),
  fc.oneof(fc.constantFrom('1.0', 'note.taken'), fc.string()),
);
const anyRaw: fc.Arbitrary<RawEvent> = fc.record({
  partition: fc.nat(),
  offset: fc.bigInt({ min: 0n }),
  key: fc.option(fc.string(), { nil: undefined }),
  headers,
  payload: fc.option(fc.oneof(fc.string(), fc.json()), { nil: undefined }),
});

describe('envelope', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(text, fc.integer(), (lane, n) => {
        const {
          partition,
          key,
          headers: written,
          payload,
        } = encodeEvent(topic, { data: note(lane, n) }, { source: '/test', partitions: 8 });
        const decoded = decodeEvent(topic, {
          partition,
          offset: 5n,
          key,
          headers: written,
          payload: payload ?? '',
        });
        expect(decoded).toMatchObject({ ok: true, event: { data: note(lane, n), key: lane, offset: '5' } });
      }),
    );
  });

  it('gives a code for anything else and never throws', () => {
    fc.assert(
      fc.property(anyRaw, (raw) => {
        const decoded = decodeEvent(topic, raw);
        expect(decoded.ok || decoded.code.length > 0).toBe(true);
      }),
    );
  });

  it('bounds a dead letter whatever the original was', () => {
    fc.assert(
      fc.property(anyRaw, fc.boolean(), (raw, sealed) => {
        const why = { code: 'event_invalid', group: 'g' };
        const dead = deadLetterOf(raw, why, { topic: 't.dlq', partitions: 4, sealed, maxBytes: 200 });
        expect(dead.headers).toMatchObject({ ce_errorcode: 'event_invalid', ce_errorgroup: 'g' });
        if (sealed) expect(dead.payload).toBeNull();
        else expect([raw.payload ?? null, null]).toContain(dead.payload);
      }),
    );
  });

  it('refuses a key that a log would give back as another', () => {
    for (const lane of ['a\ud800', 'a\0b']) {
      expect(() => checkEvent(topic, note(lane, 1))).toThrow(
        expect.objectContaining({ code: 'event_invalid' }),
      );
    }
  });

  it('keeps the values of a wrong event out of the error', () => {
    const wrong = { ...note('alice@example.org', 1), n: 'x' } as unknown as ReturnType<typeof note>;
    expect(() => checkEvent(topic, wrong)).toThrow(expect.objectContaining({ code: 'event_invalid' }));
    expect(() => checkEvent(topic, wrong)).not.toThrow(/alice/);
  });
});

it('knows what is larger than a bound as the size does', () => {
  fc.assert(
    fc.property(text, headers, text, fc.integer({ min: -2, max: 2 }), (key, some, payload, away) => {
      const size = sizeOf(key, some, payload);
      expect(isLarger(size + away, key, some, payload)).toBe(away < 0);
    }),
  );
});
