import type { Exchange } from './exchange.js';
import type { Media } from './media/media.js';
import type { Switchboard } from './seam.js';

/** The server half as local users see it. */
export function createSwitchboard(exchange: Exchange, media: Media, mediaBase: () => string): Switchboard {
  const { accounts } = exchange;
  return {
    register: (user) => exchange.register(user),
    bundleOf: (jid) => {
      const account = accounts.byJid(jid);
      return account && exchange.bundleOf(account);
    },
    deliver: (jid, node) => {
      const account = accounts.byJid(jid);
      if (!account) return 'unknown-account';
      exchange.toAccount(account, node);
      return 'delivered-or-queued';
    },
    resolve: (identifier) => accounts.byIdentifier(identifier)?.jid,
    onIdentityChange: (userJid) => exchange.identityChanged(userJid),
    mediaUpload: (bytes, type) => {
      const directPath = media.store(bytes, type);
      return { directPath, url: `${mediaBase()}${directPath}` };
    },
    mediaDownload: async (directPath) => (await media.read(directPath)).bytes,
  };
}
