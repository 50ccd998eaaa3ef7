import { OptInState, type AccountEvent } from '@causeway/contracts/accounts';

/** What can happen to an opt-in. */
export type OptInStep =
  /** The enlistment is asked for. */
  | 'enlist'
  /** The gatekeeper has taken the user in. */
  | 'accepted'
  /** The gatekeeper does not take the user in. */
  | 'refused'
  /** The user has not connected for so long that the gatekeeper will soon remove the account. */
  | 'idle'
  /** The user has connected again. */
  | 'active'
  /** The gatekeeper has removed the account by itself. */
  | 'expired'
  /** The provider bars the user. */
  | 'suspend'
  /** The provider lets the user in again. */
  | 'reinstate'
  /** The user withdraws her consent. */
  | 'withdraw'
  /** The gatekeeper has confirmed the deletion. */
  | 'confirmed';

/**
 * The life of an opt-in. `deleting` is left only by the gatekeeper's confirmation or by its own removal of an account
 * that never connects; from `consented` nothing has to be deleted there. An account that was taken in after its user
 * had withdrawn stays `deleting`: only now is it known what to delete. Whoever lapsed opts in anew, as a new life.
 * The table `accounts.opt_in_transitions` says the same to the database.
 */
const steps: { readonly [State in OptInState]: { readonly [Step in OptInStep]?: OptInState } } = {
  consented: { enlist: 'enlisting', withdraw: 'deleted' },
  enlisting: { accepted: 'enlisted', refused: 'consented', withdraw: 'deleting' },
  enlisted: { idle: 'lapsing', expired: 'lapsed', suspend: 'suspended', withdraw: 'deleting' },
  lapsing: { active: 'enlisted', expired: 'lapsed', suspend: 'suspended', withdraw: 'deleting' },
  lapsed: { withdraw: 'deleted' },
  suspended: { reinstate: 'enlisted', expired: 'lapsed', withdraw: 'deleting' },
  deleting: { accepted: 'deleting', refused: 'deleted', expired: 'deleted', confirmed: 'deleted' },
  deleted: {},
};

/** In which state an opt-in begins. */
export const INITIAL_STATE = 'consented' satisfies OptInState;

/** One way on in the life of an opt-in. */
export interface Transition {
  readonly from: OptInState;
  readonly step: OptInStep;
  readonly to: OptInState;
}

/** Every step that is allowed, also those that change nothing. */
export const transitions: readonly Transition[] = OptInState.options.flatMap((from) =>
  Object.entries(steps[from]).map(([step, to]) => ({ from, step: step as OptInStep, to })),
);

/** @returns the state after the step, or undefined where the step is not allowed. */
export function nextState(state: OptInState, step: OptInStep): OptInState | undefined {
  return steps[state][step];
}

/** Who can take a step. */
export type Actor = 'user' | 'provider' | 'gatekeeper' | 'system';

const actors: { readonly [Step in OptInStep]: Actor } = {
  enlist: 'user',
  accepted: 'gatekeeper',
  refused: 'gatekeeper',
  idle: 'system',
  active: 'user',
  expired: 'gatekeeper',
  suspend: 'provider',
  reinstate: 'provider',
  withdraw: 'user',
  confirmed: 'gatekeeper',
};

/** @returns who takes a step where nothing else is said. */
export function usualActorOf(step: OptInStep): Actor {
  return actors[step];
}

/** What a token may be asked for; `deletion` is good for asking the gatekeeper to delete, and for nothing else. */
export type TokenPurpose = 'login' | 'deletion';

/** @returns the one purpose for which a token may be minted in this state, if any. */
export function tokenPurposeOf(state: OptInState): TokenPurpose | undefined {
  if (state === 'enlisted' || state === 'lapsing') return 'login';
  return state === 'deleting' ? 'deletion' : undefined;
}

/** Whether the device may send and receive before the step and not after it. */
export function takesRights(from: OptInState, step: OptInStep): boolean {
  const to = nextState(from, step);
  return tokenPurposeOf(from) === 'login' && to !== undefined && tokenPurposeOf(to) !== 'login';
}

/** Whether the account at the gatekeeper is gone, so that nothing of it is kept. */
export function isOver(state: OptInState): boolean {
  return state === 'lapsed' || state === 'deleted';
}

type OptInEventType = Extract<AccountEvent, { optInId: unknown }>['type'];

const announced: { readonly [State in OptInState]: OptInEventType } = {
  consented: 'opt-in.refused',
  enlisting: 'opt-in.enlisting',
  enlisted: 'opt-in.enlisted',
  lapsing: 'opt-in.lapsing',
  lapsed: 'opt-in.lapsed',
  suspended: 'opt-in.suspended',
  deleting: 'opt-in.withdrawn',
  deleted: 'opt-in.deleted',
};

/** @returns the events that tell the other services of a step; none for one that changes nothing. */
export function eventsOf(from: OptInState, step: OptInStep): readonly OptInEventType[] {
  const to = nextState(from, step);
  if (to === undefined || to === from) return [];
  if (step !== 'withdraw') return [announced[to]];
  return to === 'deleted' ? ['opt-in.withdrawn', announced[to]] : ['opt-in.withdrawn'];
}
