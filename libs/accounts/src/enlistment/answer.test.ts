import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from './answer.js';

const ok = (login: string) => JSON.stringify({ login, status: 'ok' });
const fail = (reason: unknown) => JSON.stringify({ reason, status: 'fail' });

describe('readAnswer', () => {
  it.each([
    [200, ok('12-4711@interop'), { kind: 'accepted', accountNumber: 4711n }],
    [200, ok('12-9223372036854775807@interop'), { kind: 'accepted', accountNumber: 2n ** 63n - 1n }],
    [200, ok('12-9223372036854775808@interop'), { kind: 'refused', code: 'account_number_invalid' }],
    [200, ok('13-4711@interop'), { kind: 'refused', code: 'integrator_mismatch' }],
    [200, ok('12-0@interop'), { kind: 'unanswered', code: 'answer_invalid' }],
    [200, ok('12-4711@s.whatsapp.net'), { kind: 'unanswered', code: 'answer_invalid' }],
    [200, fail('bad_integrator'), { kind: 'refused', code: 'bad_integrator' }],
    [200, fail('alice@example.org is unknown'), { kind: 'refused', code: 'reason_unreadable' }],
    [200, fail('x'.repeat(100)), { kind: 'refused', code: 'reason_unreadable' }],
    [200, fail(7), { kind: 'unanswered', code: 'answer_invalid' }],
    [200, '<html>', { kind: 'unanswered', code: 'answer_invalid' }],
    [200, '', { kind: 'unanswered', code: 'answer_invalid' }],
    [200, 'null', { kind: 'unanswered', code: 'answer_invalid' }],
    [500, ok('12-4711@interop'), { kind: 'unanswered', code: 'answer_invalid' }],
  ])('reads %i %s', (status, body, outcome) => {
    expect(readAnswer(status, body, 12)).toEqual(outcome);
  });

  it('makes a code of nothing that the gatekeeper wrote freely', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string().map(fail), fc.string().map(ok)), (body) => {
        const outcome = readAnswer(200, body, 12);
        if (outcome.kind !== 'accepted') expect(outcome.code).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
      }),
    );
  });
});
