import type { OptInState } from '@causeway/contracts/accounts';

/** How long a user may stay away, days. */
export interface InactivityRule {
  /** After so many the gatekeeper removes her (technical annex, "Un-enlistment"). */
  readonly inactivityDays: number;
  /** When she is reminded, ascending; those that come too late are left out. */
  readonly reminderDays: readonly number[];
}

/** What is to be done about an opt-in now, and when to look again. */
export interface Decision {
  /** `ask`: the device is asked to connect, so that the deletion can be carried out. */
  readonly action: 'none' | 'remind' | 'active' | 'lapse' | 'ask';
  /** Reminders given since the last connection, with this one. */
  readonly reminders: number;
  /** Days from now; undefined when there is nothing more to wait for. */
  readonly againInDays: number | undefined;
}

/** @returns after how many days away a user first needs a look. */
export function firstLookDays(rule: InactivityRule): number {
  return nextLook(rule, 0);
}

/**
 * What an opt-in needs whose user has been away for some days. Days are whole ones, so that the clock here strikes up to
 * a day after the gatekeeper's, never before it.
 */
export function decide(
  state: OptInState,
  daysAway: number,
  reminders: number,
  rule: InactivityRule,
): Decision {
  const late = daysAway > rule.inactivityDays;
  switch (state) {
    case 'enlisted':
    case 'lapsing':
      if (late) return { action: 'lapse', reminders, againInDays: undefined };
      return { ...reminded(state, daysAway, reminders, rule), againInDays: nextLook(rule, daysAway) };
    case 'suspended':
      if (late) return { action: 'lapse', reminders, againInDays: undefined };
      return { action: 'none', reminders, againInDays: rule.inactivityDays + 1 - daysAway };
    case 'deleting':
      if (late) return { action: 'lapse', reminders, againInDays: undefined };
      return { action: 'ask', reminders, againInDays: 1 };
    case 'consented':
    case 'enlisting':
    case 'lapsed':
    case 'deleted':
      return { action: 'none', reminders, againInDays: undefined };
  }
}

function reminded(
  state: 'enlisted' | 'lapsing',
  daysAway: number,
  reminders: number,
  rule: InactivityRule,
): Pick<Decision, 'action' | 'reminders'> {
  const due = daysOf(rule).filter((day) => day <= daysAway).length;
  if (due > reminders) return { action: 'remind', reminders: due };
  return { action: due === 0 && state === 'lapsing' ? 'active' : 'none', reminders };
}

function nextLook(rule: InactivityRule, daysAway: number): number {
  const next = daysOf(rule).find((day) => day > daysAway) ?? rule.inactivityDays + 1;
  return next - daysAway;
}

function daysOf({ reminderDays, inactivityDays }: InactivityRule): readonly number[] {
  return reminderDays.filter((day) => day < inactivityDays);
}
