/**
 * Broadcast with the life of the presence index as its payload: entries may be missing, and every pod puts back those of
 * its own sockets, unless it has done so for this life.
 */
export const announceChannel = 'presence.announce';

/** Broadcast without a payload: somebody lost a right. May be lost; the revocation epoch is the truth. */
export const revocationChannel = 'revocations';
