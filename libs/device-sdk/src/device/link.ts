import type { DeviceFrame, ServerFrame } from '@causeway/contracts/fanout';
import { GatekeeperId } from '@causeway/contracts/ids';
import type { Clock } from '../clock.js';

type Answered = Extract<ServerFrame, { type: 'answer' | 'accepted' | 'refused' }>;
/** What became of a command: the server's word, silence, or the end of the session. */
export type Outcome = Answered | { readonly type: 'silent' | 'closed' };
type Unaddressed = DeviceFrame extends infer Frame
  ? Frame extends DeviceFrame
    ? Omit<Frame, 'gatekeeper'>
    : never
  : never;

/** Commands that may wait for their outcome. */
const maxWaiting = 256;

/**
 * The session with the gatekeeper as the rest of the device sees it: open or not, frames out, and outcomes by id.
 */
export class Link {
  private readonly waiting = new Map<string, (outcome: Outcome) => void>();
  private opening = new AbortController();
  private isOpen = false;
  private readonly gatekeeper: GatekeeperId;

  constructor(
    gatekeeper: string,
    private readonly clock: Clock,
    private readonly transmit: (frame: DeviceFrame) => boolean,
  ) {
    this.gatekeeper = GatekeeperId.parse(gatekeeper);
  }

  /** True while commands reach the gatekeeper. */
  get open(): boolean {
    return this.isOpen;
  }

  /** Aborted when the session that is open now ends. */
  get signal(): AbortSignal {
    return this.opening.signal;
  }

  opened(): void {
    this.opening.abort();
    this.opening = new AbortController();
    this.isOpen = true;
  }

  closed(): void {
    this.isOpen = false;
    this.opening.abort();
    for (const settle of [...this.waiting.values()]) settle({ type: 'closed' });
  }

  /** @returns false when the frame could not be handed to the socket */
  send(frame: Unaddressed): boolean {
    return this.transmit({ ...frame, gatekeeper: this.gatekeeper } as DeviceFrame);
  }

  /** Sends a frame and waits for the outcome under its id. */
  async ask(id: string, frame: Unaddressed, withinMs: number): Promise<Outcome> {
    if (!this.isOpen || this.waiting.size >= maxWaiting || this.waiting.has(id)) return { type: 'closed' };
    const outcome = new Promise<Outcome>((resolve) => {
      const timer = this.clock.setTimeout(() => settle({ type: 'silent' }), withinMs);
      const settle = (result: Outcome) => {
        this.clock.clearTimeout(timer);
        this.waiting.delete(id);
        resolve(result);
      };
      this.waiting.set(id, settle);
    });
    if (!this.send(frame)) this.waiting.get(id)?.({ type: 'closed' });
    return outcome;
  }

  /** Gives an outcome to whoever waits for it. @returns false when nobody does */
  settle(outcome: Answered): boolean {
    const waiter = this.waiting.get(idOf(outcome));
    waiter?.(outcome);
    return waiter !== undefined;
  }
}

function idOf(outcome: Answered): string {
  if (outcome.type === 'answer') return outcome.correlationId;
  if (outcome.type === 'accepted') return outcome.id;
  return outcome.id ?? outcome.correlationId ?? '';
}
