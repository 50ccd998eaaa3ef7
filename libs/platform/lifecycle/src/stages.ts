/**
 * The order in which a service lets go: first nobody is sent here any more, then nothing new is accepted, then events
 * stop coming, then what is owed goes out, then sockets close, and the engines that all of it needed come last.
 */
export const stages = ['readiness', 'intake', 'consumers', 'outbox', 'connections', 'engines'] as const;

export type Stage = (typeof stages)[number];
