import type { Jid } from '@causeway/jid';

/** The gatekeeper itself, as it is addressed on the binary wire. */
export const gatekeeper: Jid = { user: '', server: 's.whatsapp.net' };
