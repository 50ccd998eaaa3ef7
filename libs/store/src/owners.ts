/** The services that own tables. Each has a PostgreSQL schema of its name and a database role. */
export const owners = ['accounts', 'keys', 'session', 'fanout', 'media', 'webhooks'] as const;

export type Owner = (typeof owners)[number];
