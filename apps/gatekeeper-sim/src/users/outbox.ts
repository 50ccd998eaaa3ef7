import type { Node } from '../seam.js';
import { BoundedMap } from './bounded.js';
import { encodeContent, type Content } from './content/codec.js';
import type { ChatMessage } from './content/compose.js';
import { mediaOf } from './content/read-content.js';
import { pad } from './content/padding.js';
import type { PhoneContext } from './phone-context.js';
import { phoneLimits } from './phone-limits.js';
import { post } from './post.js';
import type { Ciphertext, EncryptionKeys } from './signal/signal-device.js';
import { newMessageId, stanzaTime } from './stanza/stanza.js';
import type { RetryRequest } from './stanza/retry-receipt.js';

interface SentMessage {
  readonly account: string;
  readonly content: Content;
  readonly resends: number;
}

const MEDIA_TYPE = { image: 'image', voice: 'ptt', video: 'video', document: 'document' } as const;

/** Encrypts and sends, and keeps the newest messages in clear for those who could not decrypt them. */
export class Outbox {
  private sent = new BoundedMap<string, SentMessage>(phoneLimits.sent);

  constructor(private readonly phone: PhoneContext) {}

  /** Sends to an account's JID and returns the message's id. Throws PhoneError `no_keys`, `bundle_invalid`, `busy`, and as {@link post}. */
  async send(account: string, content: Content, onSent: (id: string) => void): Promise<string> {
    const id = newMessageId();
    const { switchboard } = this.phone;
    const ciphertext = await this.encrypt(account, content, {
      fetchBundle: () => switchboard.bundleOf(account),
    });
    // Noted before the stanza leaves, for its receipt may come back within the call.
    this.sent.set(id, { account, content, resends: 0 });
    onSent(id);
    post(this.phone, account, this.stanza(id, account, content, ciphertext));
    return id;
  }

  /** Sends a message again with a new session, at most five times; throws as {@link send}. */
  async resend(account: string, request: RetryRequest): Promise<void> {
    const sent = this.sent.get(request.id);
    if (sent?.account !== account)
      return this.phone.refuse('retry_unknown', { id: request.id, from: account });
    if (sent.resends >= phoneLimits.retries) {
      return this.phone.refuse('retry_exhausted', { id: request.id, from: account });
    }
    this.sent.set(request.id, { ...sent, resends: sent.resends + 1 });
    const { switchboard } = this.phone;
    const bundle = request.bundle ?? switchboard.bundleOf(account);
    const ciphertext = await this.encrypt(account, sent.content, {
      ...(bundle !== undefined && { bundle }),
      fetchBundle: () => undefined,
    });
    post(this.phone, account, this.stanza(request.id, account, sent.content, ciphertext, request.count));
  }

  find(account: string, id: string): ChatMessage | undefined {
    const sent = this.sent.get(id);
    if (sent?.account !== account) return undefined;
    return { id, author: this.phone.jid, fromMe: true, content: sent.content };
  }

  /** Drops what is kept for retries. */
  forget(): void {
    this.sent = new BoundedMap(phoneLimits.sent);
  }

  private encrypt(account: string, content: Content, keys: EncryptionKeys): Promise<Ciphertext> {
    return this.phone.device.encrypt(account, pad(encodeContent(content)), keys);
  }

  private stanza(
    id: string,
    to: string,
    content: Content,
    { kind, bytes }: Ciphertext,
    count?: number,
  ): Node {
    const { jid, name, clock } = this.phone;
    const media = mediaOf(content);
    const t = stanzaTime(clock.now());
    const enc = {
      v: '2',
      type: kind,
      ...(media && { mediatype: MEDIA_TYPE[media.kind] }),
      ...(count !== undefined && { count: String(count) }),
    };
    const type = media === undefined ? 'text' : 'media';
    return {
      tag: 'message',
      attrs: { id, from: jid, to, type, t, ...(name !== undefined && { notify: name }) },
      content: [{ tag: 'enc', attrs: enc, content: bytes }],
    };
  }
}
