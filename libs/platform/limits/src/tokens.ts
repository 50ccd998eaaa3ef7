import type { Limit } from './limit.js';

/** User tokens: the cache of those that were minted, the keys that sign them, and the remote signer. */
export const tokenLimits = {
  tokenCacheItems: {
    value: 10_000,
    unit: 'items',
    reason: 'Minted tokens kept in memory at accounts, each for at most half its life.',
  },
  tokenKeyRetainMs: {
    value: 4_200_000,
    unit: 'milliseconds',
    reason:
      'A retired key stays published for an hour, the longest life that a profile may give a token, and ten minutes for clocks and mounts.',
  },
  signerDeadlineMs: {
    value: 1_200,
    unit: 'milliseconds',
    reason: 'One call of the remote signer; three with their pauses end before the session stops waiting.',
  },
  signerAttempts: {
    value: 3,
    unit: 'attempts',
    reason: 'Calls of the remote signer for one token; to sign twice is harmless.',
  },
  signerBackoffMs: {
    value: 100,
    unit: 'milliseconds',
    reason: 'Wait before the second call; it doubles, with jitter.',
  },
  signerFailuresInARow: {
    value: 10,
    unit: 'attempts',
    reason: 'So many calls without an answer, and the remote signer is left alone for a while.',
  },
  signerPauseMs: {
    value: 1_000,
    unit: 'milliseconds',
    reason: 'Then one call is tried; short, because nobody can log in meanwhile.',
  },
  signerCallsInFlight: {
    value: 256,
    unit: 'items',
    reason: 'Tokens that wait for the remote signer at once; further ones are refused.',
  },
  signerConnections: { value: 16, unit: 'connections', reason: 'Of one process to the remote signer.' },
  signerAnswerBytes: {
    value: 4_096,
    unit: 'bytes',
    reason: 'The answer of the remote signer is one signature.',
  },
} as const satisfies Record<string, Limit>;
