import { OptInState } from '@causeway/contracts/accounts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextState } from '../opt-ins/state-machine.js';
import { decide, firstLookDays, type InactivityRule } from './decision.js';

const rule: InactivityRule = { inactivityDays: 30, reminderDays: [20, 27] };
const rules = fc.record({
  inactivityDays: fc.integer({ min: 1, max: 365 }),
  reminderDays: fc
    .uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 5 })
    .map((days) => days.toSorted((a, b) => a - b)),
});

describe('decide', () => {
  it.each<[OptInState, number, number, ReturnType<typeof decide>]>([
    ['enlisted', 0, 0, { action: 'none', reminders: 0, againInDays: 20 }],
    ['enlisted', 19, 0, { action: 'none', reminders: 0, againInDays: 1 }],
    ['enlisted', 20, 0, { action: 'remind', reminders: 1, againInDays: 7 }],
    ['lapsing', 20, 1, { action: 'none', reminders: 1, againInDays: 7 }],
    ['lapsing', 27, 1, { action: 'remind', reminders: 2, againInDays: 4 }],
    ['enlisted', 29, 0, { action: 'remind', reminders: 2, againInDays: 2 }],
    ['lapsing', 30, 2, { action: 'none', reminders: 2, againInDays: 1 }],
    ['lapsing', 31, 2, { action: 'lapse', reminders: 2, againInDays: undefined }],
    ['lapsing', 3, 0, { action: 'active', reminders: 0, againInDays: 17 }],
    ['suspended', 25, 0, { action: 'none', reminders: 0, againInDays: 6 }],
    ['suspended', 31, 0, { action: 'lapse', reminders: 0, againInDays: undefined }],
    ['deleting', 3, 0, { action: 'ask', reminders: 0, againInDays: 1 }],
    ['deleting', 31, 0, { action: 'lapse', reminders: 0, againInDays: undefined }],
    ['deleted', 99, 0, { action: 'none', reminders: 0, againInDays: undefined }],
  ])('%s, away for %i days and reminded %i times', (state, days, reminders, decision) => {
    expect(decide(state, days, reminders, rule)).toEqual(decision);
  });

  it('reminds once per day that is set, lapses once, and never asks for a step that is not allowed', () => {
    fc.assert(
      fc.property(rules, (rule) => {
        let [state, reminders, day]: [OptInState, number, number] = ['enlisted', 0, firstLookDays(rule)];
        let given = 0;
        for (;;) {
          const { action, reminders: now, againInDays } = decide(state, day, reminders, rule);
          reminders = now;
          if (action === 'remind') given += 1;
          if (action === 'remind' && state === 'enlisted') state = nextState(state, 'idle') ?? 'deleted';
          if (action === 'lapse') state = nextState(state, 'expired') ?? 'deleted';
          if (againInDays === undefined) break;
          expect(againInDays).toBeGreaterThan(0);
          day += againInDays;
        }
        expect(state).toBe('lapsed');
        expect(day).toBe(rule.inactivityDays + 1);
        expect(given).toBe(rule.reminderDays.filter((each) => each < rule.inactivityDays).length);
      }),
    );
  });

  it('lapses nobody before the gatekeeper does', () => {
    fc.assert(
      fc.property(
        rules,
        fc.constantFrom(...OptInState.options),
        fc.nat(400),
        fc.nat(5),
        (rule, state, days, reminders) => {
          fc.pre(days <= rule.inactivityDays);
          expect(decide(state, days, reminders, rule).action).not.toBe('lapse');
        },
      ),
    );
  });
});
