import { createHash } from 'node:crypto';
import type { Node } from '../seam.js';
import { BoundedList, BoundedMap } from './bounded.js';
import { decodeContent, type Content } from './content/codec.js';
import { withoutQuote, type ChatMessage } from './content/compose.js';
import { unpad } from './content/padding.js';
import { mediaOf, readContent, type Reading } from './content/read-content.js';
import { downloadMedia } from './media/download-media.js';
import type { PhoneContext } from './phone-context.js';
import { DecryptionError } from './phone-errors.js';
import { phoneLimits } from './phone-limits.js';
import { answer } from './post.js';
import type { Ciphertext } from './signal/signal-device.js';
import { readCiphertext } from './stanza/ciphertext.js';
import { retryReceipt } from './stanza/retry-receipt.js';
import { bareAccount, stanzaTime } from './stanza/stanza.js';

/** A message that the phone decrypted and would show. */
export interface ReceivedMessage extends Reading {
  readonly id: string;
  /** JID of the account. */
  readonly from: string;
  /** SHA-256 in hexadecimal, and length, of the file that came with it, in clear. */
  readonly sha256?: string;
  readonly bytes?: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Decrypts, checks and keeps what accounts send, and answers with receipts. */
export class Inbox {
  private readonly messages = new BoundedList<{ shown: ReceivedMessage; content: Content }>(
    phoneLimits.history,
  );
  private readonly handled = new BoundedMap<string, true>(phoneLimits.history * 2);
  private readonly retries = new BoundedMap<string, number>(phoneLimits.retriedMessages);

  constructor(private readonly phone: PhoneContext) {}

  /** Handles one message stanza; media are fetched within the call. Throws ContentError for a message that cannot be shown. */
  async handle(node: Node): Promise<void> {
    const from = bareAccount(node.attrs.from);
    const { id } = node.attrs;
    if (from === undefined || id === undefined) return this.phone.refuse('sender_invalid', { id, from });
    const padded = await this.decrypt(from, id, readCiphertext(node, this.phone.jid));
    if (padded === undefined) return;
    const content = decodeContent(unpad(padded));
    const reading = readContent(content);
    const again = this.handled.has(`${from} ${id}`);
    this.handled.set(`${from} ${id}`, true);
    this.sendDelivered(from, id);
    if (again) return;
    const media = mediaOf(content);
    const at = this.phone.clock.now();
    const file = media && (await downloadMedia(this.phone.switchboard, media.kind, media.media));
    const sum = file && { sha256: createHash('sha256').update(file).digest('hex'), bytes: file.length };
    this.messages.push({ shown: { id, from, ...reading, ...sum, at }, content: withoutQuote(content) });
  }

  values(): ReceivedMessage[] {
    return this.messages.values().map(({ shown }) => shown);
  }

  find(id: string, account?: string): ChatMessage | undefined {
    const matches = ({ shown }: { shown: ReceivedMessage }) =>
      shown.id === id && (account ?? shown.from) === shown.from;
    const found = this.messages.find(matches);
    return found && { id, author: found.shown.from, fromMe: false, content: found.content };
  }

  private async decrypt(from: string, id: string, ciphertext: Ciphertext): Promise<Uint8Array | undefined> {
    try {
      return await this.phone.device.decrypt(from, ciphertext);
    } catch (error) {
      if (!(error instanceof DecryptionError)) throw error;
      // The gatekeeper delivers again what was not settled, and then the ratchet has used up its key.
      if (this.handled.has(`${from} ${id}`)) this.sendDelivered(from, id);
      else if (error.code === 'duplicate_message') this.phone.refuse(error.code, { id, from });
      else this.askAgain(from, id);
      return undefined;
    }
  }

  private askAgain(from: string, id: string): void {
    const { device, jid, clock } = this.phone;
    const count = (this.retries.get(`${from} ${id}`) ?? 0) + 1;
    this.phone.refuse(count > phoneLimits.retries ? 'retries_exhausted' : 'undecryptable', { id, from });
    if (count > phoneLimits.retries) return;
    this.retries.set(`${from} ${id}`, count);
    const keys = count >= 2 && { bundle: device.takeBundle() };
    const request = { id, count, registrationId: device.registrationId, ...keys };
    answer(this.phone, from, retryReceipt(request, jid, from, clock.now()));
  }

  private sendDelivered(to: string, id: string): void {
    const { jid, clock } = this.phone;
    answer(this.phone, to, { tag: 'receipt', attrs: { id, from: jid, to, t: stanzaTime(clock.now()) } });
  }
}
