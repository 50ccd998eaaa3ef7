import { z } from 'zod';
import { CliError } from '../errors.js';
import { reach } from './reach.js';
import type { Sample } from './samples.js';
import { until } from './until.js';

const REQUEST_MS = 30_000;

const Message = z.object({
  id: z.string(),
  from: z.string(),
  kind: z.string(),
  /** When it was decrypted, milliseconds since 1970. */
  at: z.number(),
  text: z.string().optional(),
  caption: z.string().optional(),
  quotedId: z.string().optional(),
  targetId: z.string().optional(),
  emoji: z.string().optional(),
  mimetype: z.string().optional(),
  fileName: z.string().optional(),
  sha256: z.string().optional(),
});
/** A message as a user of the gatekeeper decrypted it. */
export type PhoneMessage = z.infer<typeof Message>;

const Received = z.object({
  messages: z.array(Message),
  typing: z.array(z.object({ from: z.string(), state: z.string() })),
});
const Accounts = z.object({
  accounts: z.array(z.object({ identifier: z.string(), connected: z.boolean() })),
});
const Receipts = z.object({
  receipts: z.array(
    z.object({ id: z.string(), deliveredAt: z.number().optional(), readAt: z.number().optional() }),
  ),
});

/** A user of the simulated gatekeeper, moved through the simulator's control API. */
export class Phone {
  readonly jid: string;

  /**
   * @param control base of the control API
   * @param number the phone's number, digits only
   */
  constructor(
    private readonly control: string,
    readonly number: string,
  ) {
    this.jid = `${number}@s.whatsapp.net`;
  }

  /** Creates the user unless it exists. */
  async create(name: string): Promise<void> {
    const response = await this.#call('POST', '/users', { number: this.number, name });
    if (!response.ok && response.status !== 409) throw await refused(response);
  }

  /** @returns the id of the message. */
  async send(body: Readonly<Record<string, unknown>>): Promise<string> {
    const answer = await this.#json('POST', `/users/${this.number}/send`, body);
    return z.object({ id: z.string() }).parse(answer).id;
  }

  /** Sends a file as an image, a voice note or a document. */
  sendFile(to: string, kind: string, sample: Sample): Promise<string> {
    const { mimetype, fileName, bytes } = sample;
    const named = kind === 'document' ? { fileName } : {};
    return this.send({ to, kind, mimetype, ...named, file: bytes.toString('base64') });
  }

  async type(to: string, state: 'composing' | 'paused'): Promise<void> {
    await this.#json('POST', `/users/${this.number}/typing`, { to, state });
  }

  async read(id: string): Promise<void> {
    await this.#json('POST', `/users/${this.number}/read`, { id });
  }

  async received(): Promise<z.infer<typeof Received>> {
    return Received.parse(await this.#json('GET', `/users/${this.number}/received`));
  }

  /** Waits for a message that the user decrypted. */
  shows(id: string, withinMs: number): Promise<PhoneMessage> {
    return until('the phone shows the message', withinMs, async () => {
      const { messages } = await this.received();
      return messages.find(
        (message) => message.id === id && (message.mimetype === undefined || message.sha256 !== undefined),
      );
    });
  }

  /** Waits until a message that the user sent was delivered, or read. */
  receipt(id: string, kind: 'deliveredAt' | 'readAt', withinMs: number): Promise<true> {
    return until(`the phone gets the receipt ${kind}`, withinMs, async () => {
      const { receipts } = Receipts.parse(await this.#json('GET', `/users/${this.number}/receipts`));
      return receipts.some((entry) => entry.id === id && entry[kind] !== undefined) || undefined;
    });
  }

  /** Waits until the gatekeeper itself sees that a user of ours is not connected. */
  seesOffline(identifier: string, withinMs: number): Promise<true> {
    return until('the gatekeeper sees the user offline', withinMs, async () => {
      const { accounts } = Accounts.parse(await this.#json('GET', '/accounts'));
      return accounts.some((account) => account.identifier === identifier && !account.connected) || undefined;
    });
  }

  async #json(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#call(method, path, body);
    if (!response.ok) throw await refused(response);
    return response.status === 204 ? undefined : response.json();
  }

  #call(method: string, path: string, body?: unknown): Promise<Response> {
    const json =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return reach(`${this.control}${path}`, REQUEST_MS, { method, ...json });
  }
}

async function refused(response: Response): Promise<CliError> {
  const parsed = z.object({ code: z.string() }).safeParse(await response.json().catch(() => undefined));
  const code = parsed.data?.code ?? `http_${response.status}`;
  return new CliError(code, `the simulator refused: ${code}`);
}
