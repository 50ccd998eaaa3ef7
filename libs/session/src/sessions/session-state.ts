/** Where a session is between its `open` and its end. */
export type SessionState = 'queued' | 'connecting' | 'open' | 'waiting' | 'closing' | 'closed';

/** What makes it go on. */
export type SessionStep = 'paused' | 'admitted' | 'logged in' | 'lost' | 'due' | 'over' | 'close' | 'ended';

export interface SessionTransition {
  readonly from: SessionState;
  readonly step: SessionStep;
  readonly to: SessionState;
}

export const initialSessionState: SessionState = 'queued';

/**
 * Every change of state. A session has an upstream connection in `connecting` and `open` alone, and leaves both only
 * when that connection is over.
 */
export const sessionTransitions: readonly SessionTransition[] = [
  { from: 'queued', step: 'admitted', to: 'connecting' },
  { from: 'queued', step: 'paused', to: 'waiting' },
  { from: 'connecting', step: 'logged in', to: 'open' },
  { from: 'connecting', step: 'lost', to: 'waiting' },
  { from: 'open', step: 'lost', to: 'waiting' },
  { from: 'waiting', step: 'due', to: 'queued' },
  { from: 'connecting', step: 'over', to: 'closing' },
  { from: 'open', step: 'over', to: 'closing' },
  { from: 'queued', step: 'close', to: 'closing' },
  { from: 'connecting', step: 'close', to: 'closing' },
  { from: 'open', step: 'close', to: 'closing' },
  { from: 'waiting', step: 'close', to: 'closing' },
  { from: 'closing', step: 'ended', to: 'closed' },
];

const next = new Map(sessionTransitions.map(({ from, step, to }) => [`${from} ${step}`, to]));

/** @returns the state after a step, or undefined where the step cannot be taken */
export function nextSessionState(state: SessionState, step: SessionStep): SessionState | undefined {
  return next.get(`${state} ${step}`);
}
