/** The one client of the development identity provider, and the audience of its tokens. */
export const CLIENT_ID = 'causeway-development';
export const AUDIENCE = 'causeway';

/** The grant by which development tools get a token for a user without a browser. */
export const GRANT_TYPE = 'urn:causeway:grant:development';

/** The provider's backend in development: a client with a secret that everybody knows, and every right. */
export const BACKEND_CLIENT = {
  id: 'causeway-development-backend',
  secret: 'known-to-everybody',
  scope: 'causeway:users:read causeway:users:write causeway:users:erase causeway:users:export',
} as const;

const USERNAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;

/** Whether the development identity provider takes a name for a user's. */
export function isUserName(name: string): boolean {
  return USERNAME.test(name);
}
