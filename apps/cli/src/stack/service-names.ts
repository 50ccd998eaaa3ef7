/** The six services, in the order in which they start. */
export const serviceNames = ['accounts', 'keys', 'session', 'fanout', 'media', 'webhooks'] as const;
