import { OptInState } from '@causeway/contracts/accounts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  nextState,
  tokenPurposeOf,
  type OptInStep,
  takesRights,
  transitions,
} from './state-machine.js';

const allSteps: readonly OptInStep[] = [
  'enlist',
  'accepted',
  'refused',
  'idle',
  'active',
  'expired',
  'suspend',
  'reinstate',
  'withdraw',
  'confirmed',
];
const step = fc.constantFrom(...allSteps);

/** The states that a life goes through; steps that are not allowed change nothing. */
function walk(life: readonly OptInStep[]): OptInState[] {
  const states: OptInState[] = ['consented'];
  for (const each of life) {
    const state = states[states.length - 1] ?? 'consented';
    states.push(nextState(state, each) ?? state);
  }
  return states;
}

describe('the life of an opt-in', () => {
  it('never allows a login after the consent was withdrawn', () => {
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (before, after) => {
        const state = walk(before).at(-1) ?? 'consented';
        const withdrawn = nextState(state, 'withdraw') ?? state;
        fc.pre(withdrawn === 'deleting' || withdrawn === 'deleted');
        const rest = after.reduce<OptInState>((now, each) => nextState(now, each) ?? now, withdrawn);
        expect(['deleting', 'deleted']).toContain(rest);
        expect(tokenPurposeOf(rest)).not.toBe('login');
      }),
    );
  });

  it('allows a login only after the gatekeeper has accepted the user', () => {
    fc.assert(
      fc.property(fc.array(step), (life) => {
        const end = walk(life).at(-1) ?? 'consented';
        if (tokenPurposeOf(end) === 'login') expect(life).toContain('accepted');
      }),
    );
  });

  it('has no way out of deleted', () => {
    for (const each of allSteps) expect(nextState('deleted', each)).toBeUndefined();
  });

  it('can always be withdrawn until it is', () => {
    for (const state of OptInState.options) {
      const withdrawn = nextState(state, 'withdraw');
      const over = state === 'deleting' || state === 'deleted';
      expect(withdrawn).toBe(over ? undefined : isAtGatekeeper(state) ? 'deleting' : 'deleted');
    }
  });

  it('reaches every state', () => {
    const reached = new Set<OptInState>(['consented']);
    for (const state of reached) {
      for (const each of allSteps) {
        const next = nextState(state, each);
        if (next !== undefined) reached.add(next);
      }
    }
    expect([...reached].toSorted()).toEqual(OptInState.options.toSorted());
  });

  it('invariant 7: knows every step by which a device loses the right to send', () => {
    const losing = OptInState.options.flatMap((state) =>
      allSteps.filter((step) => takesRights(state, step)).map((step) => `${state} ${step}`),
    );
    const lost = ['expired', 'suspend', 'withdraw'];
    expect(losing).toEqual(
      ['enlisted', 'lapsing'].flatMap((state) => lost.map((step) => `${state} ${step}`)),
    );
  });

  it('announces every change of state, and no step that changes nothing', () => {
    expect(eventsOf('enlisting', 'accepted')).toEqual(['opt-in.enlisted']);
    for (const { from, step, to } of transitions) {
      expect(eventsOf(from, step).length > 0).toBe(from !== to);
      expect(eventsOf(from, step).includes('opt-in.deleted')).toBe(from !== to && to === 'deleted');
      expect(eventsOf(from, step).includes('opt-in.withdrawn')).toBe(step === 'withdraw');
    }
    expect(eventsOf('enlisted', 'enlist')).toEqual([]);
  });
});

/** From here the gatekeeper may hold an account that must be deleted there. */
function isAtGatekeeper(state: OptInState): boolean {
  return state !== 'consented' && state !== 'lapsed';
}
