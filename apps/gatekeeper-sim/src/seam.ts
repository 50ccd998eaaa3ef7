/**
 * The seam between the two halves of the simulator: the server (enlistment, chat server, push, media) and
 * the gatekeeper's own users. Neither half imports anything else of the other.
 */

/** A stanza as the simulator sees it: JIDs in attributes are text. */
export interface Node {
  tag: string;
  attrs: Record<string, string>;
  content?: Node[] | Uint8Array | string;
}

/** Keys by which somebody can be messaged; curve keys are 32 raw bytes. */
export interface KeyBundle {
  registrationId: number;
  identityKey: Uint8Array;
  signedPreKey: { id: number; key: Uint8Array; signature: Uint8Array };
  preKey?: { id: number; key: Uint8Array };
}

/** One of the gatekeeper's own users (a phone), living in this process. */
export interface LocalUser {
  /** `number@s.whatsapp.net` */
  readonly jid: string;
  takeBundle(): KeyBundle;
  /** A message, receipt or chatstate addressed to this user. */
  receive(node: Node): void;
}

/** What the server half offers to local users. */
export interface Switchboard {
  register(user: LocalUser): void;
  /** Takes one one-time prekey of an enlisted account; undefined when unknown or deleted. */
  bundleOf(accountJid: string): KeyBundle | undefined;
  /** Hands a message, receipt, chatstate or notification to an enlisted account. */
  deliver(accountJid: string, node: Node): 'delivered-or-queued' | 'unknown-account';
  /** From a user-visible identifier to the account's JID `{integrator}-{number}@interop`. */
  resolve(identifier: string): string | undefined;
  /** Tells every account that talked to that user, by `<notification type=encrypt><identity/>`. */
  onIdentityChange(userJid: string): void;
  /** Stores a blob on the gatekeeper's own media host, for its users. */
  mediaUpload(bytes: Uint8Array, type: string): { directPath: string; url: string };
  /** From the own media host, or for `/interop/...` through the media proxy from the integrator's media base. */
  mediaDownload(directPath: string): Promise<Uint8Array>;
}
