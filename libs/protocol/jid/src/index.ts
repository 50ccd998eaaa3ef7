export { formatAddress, isAddress, parseAddress } from './address.js';
export { JidError, type JidErrorCode } from './jid-error.js';
export { bareJid, formatJid, jidEquals, parseJid, type Jid } from './jid.js';
export { isJidServer, isServerAddress, jidServers, maxDevice } from './servers.js';
