import { stanza } from '@causeway/xml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upstreamEndings } from '../upstream-advice.js';
import { loginFailure, streamFailure } from './refusal.js';

const failure = (attrs: Record<string, string>) => loginFailure(stanza('failure', attrs));

describe('a refused login', () => {
  it.each([
    ['400', 'login_bad_payload', 'stop'],
    ['401', 'login_key_mismatch', 'enlist_again'],
    ['402', 'account_paused', 'pause'],
    ['403', 'account_restricted', 'stop'],
    ['405', 'client_outdated', 'stop'],
    ['406', 'account_restricted', 'stop'],
    ['409', 'login_bad_payload', 'stop'],
    ['413', 'token_expired', 'refresh_token'],
    ['414', 'token_invalid', 'refresh_token'],
    ['415', 'account_unknown', 'enlist_again'],
    ['418', 'account_unknown', 'enlist_again'],
    ['429', 'rate_limited', 'slow_down'],
    ['500', 'server_unavailable', 'reconnect_later'],
    ['501', 'server_unavailable', 'reconnect_later'],
    ['503', 'server_unavailable', 'reconnect_later'],
    ['499', 'login_refused', 'stop'],
    ['constructor', 'login_refused', 'stop'],
  ])('with %s is %s', (reason, code, advice) => {
    expect(failure({ reason })).toMatchObject({ code, advice });
  });

  it.each([
    ['101', 'paused_many_strangers'],
    ['102', 'paused_blocked_by_many'],
    ['103', 'paused_groups'],
    ['104', 'paused_same_message'],
    ['106', 'paused_broadcast'],
    ['999', 'account_paused'],
  ])('for a time says why (%s) and for how long', (code, expected) => {
    const paused = failure({ reason: '402', code, expire: '86400' });
    expect(paused).toMatchObject({ code: expected, advice: 'pause', status: 402, waitMs: 86_400_000 });
  });

  it('for a time says no time when it is not a number', () => {
    for (const expire of ['', '-1', '1e9', '9'.repeat(20), 'soon'])
      expect(failure({ reason: '402', expire }).waitMs).toBeUndefined();
  });

  it('always has a code of the table, whatever the gatekeeper says', () => {
    const attrs = fc.record({
      reason: fc.string(),
      code: fc.string(),
      expire: fc.string(),
      type: fc.string(),
    });
    fc.assert(
      fc.property(attrs, (given) => {
        const conflict = stanza('conflict', { type: given.type });
        for (const error of [failure(given), streamFailure(stanza('stream:error', given, [conflict]))])
          expect(upstreamEndings).toHaveProperty(error.code);
      }),
    );
  });
});

describe('a stream error', () => {
  it('goes by its conflict before its number, and by a lone ack', () => {
    const conflict = (type: string) => [stanza('conflict', { type })];
    expect(streamFailure(stanza('stream:error', { code: '503' }, conflict('replaced'))).code).toBe(
      'replaced',
    );
    expect(streamFailure(stanza('stream:error', {}, conflict('toString'))).code).toBe('stream_error');
    expect(streamFailure(stanza('stream:error', { code: '429' })).advice).toBe('slow_down');
    expect(streamFailure(stanza('stream:error', { code: '516' })).advice).toBe('enlist_again');
    expect(streamFailure(stanza('stream:error', {}, [stanza('ack', { id: '1' })])).code).toBe(
      'unacknowledged_stanza',
    );
  });
});
