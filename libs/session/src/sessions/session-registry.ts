import { limits } from '@causeway/limits';
import type { Command } from './ports.js';
import { UpstreamSession, type SessionDependencies } from './upstream-session.js';

/**
 * The sessions of this pod: exactly those whose key falls in the partitions it owns. Commands only pass through here;
 * nothing waits.
 */
export class SessionRegistry {
  readonly #sessions = new Map<
    string,
    { session: UpstreamSession; partition: number; done: Promise<void> }
  >();

  constructor(private readonly deps: SessionDependencies) {}

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes one command of the topic. */
  dispatch(event: Command, partition: number): void {
    if (event.type === 'open') return this.open(event, partition);
    const entry = this.#sessions.get(event.sessionKey);
    if (event.type === 'close') {
      if (entry !== undefined && entry.session.opened.epoch <= event.epoch) entry.session.close(event.code);
      return;
    }
    const current = 'epoch' in event ? entry?.session.opened.epoch === event.epoch : true;
    if (entry === undefined || !current) return this.#refuse(event, 'not_connected');
    if (event.type === 'message.send' && !this.deps.mayAcceptNewSends()) {
      return this.#refuse(event, 'revocations_unreadable');
    }
    entry.session.dispatch(event);
  }

  /** Opens a session; one of an older connection of the same device gives way, a repeated `open` changes nothing. */
  open(event: Command<'open'>, partition: number): void {
    const existing = this.#sessions.get(event.sessionKey);
    if (existing !== undefined && !givesWay(existing.session, event)) return;
    if (existing === undefined && this.#sessions.size >= limits.upstreamSessionsPerPod.value) {
      return this.#tellRefused(event, 'session_limit_reached');
    }
    existing?.session.close('superseded');
    const session = new UpstreamSession(
      event,
      this.deps,
      (gone) => this.#forget(gone),
      (state, code) => this.deps.onState(event.sessionKey, partition, state, code),
    );
    // The older login must be over before the new one begins: the gatekeeper allows one connection per account.
    const done = (existing?.done ?? Promise.resolve()).then(() => session.start());
    this.#sessions.set(event.sessionKey, { session, partition, done });
  }

  /** @returns the partition of a session that this pod has */
  partitionOf(sessionKey: string): number | undefined {
    return this.#sessions.get(sessionKey)?.partition;
  }

  /** @returns the sessions of this pod. */
  all(): UpstreamSession[] {
    return [...this.#sessions.values()].map(({ session }) => session);
  }

  /** @returns the sessions in a partition. */
  inPartition(partition: number): UpstreamSession[] {
    return [...this.#sessions.values()]
      .filter((entry) => entry.partition === partition)
      .map(({ session }) => session);
  }

  /** @returns the partitions that hold sessions. */
  partitions(): Set<number> {
    return new Set([...this.#sessions.values()].map(({ partition }) => partition));
  }

  /** Closes sessions and waits until their connections ended. */
  async closeAll(code: string, belongs: (partition: number) => boolean = () => true): Promise<void> {
    const closing = [...this.#sessions.values()].filter(({ partition }) => belongs(partition));
    for (const { session } of closing) session.close(code);
    await Promise.all(closing.map(({ done }) => done));
  }

  #forget(session: UpstreamSession): void {
    const { sessionKey } = session.opened;
    if (this.#sessions.get(sessionKey)?.session === session) this.#sessions.delete(sessionKey);
  }

  #refuse(event: Exclude<Command, { type: 'open' | 'close' }>, code: string): void {
    this.deps.metrics.commands.inc({ type: event.type, outcome: code });
    if (event.type !== 'message.send' && event.type !== 'query') return;
    const { sessionKey, gatekeeper, epoch } = event;
    const what = event.type === 'query' ? { correlationId: event.correlationId } : { id: event.id };
    const refusal = { sessionKey, gatekeeper, epoch, ...what, code, retryable: true };
    this.#publish(this.deps.events.downstream({ type: 'refused', ...refusal }));
  }

  #tellRefused(event: Command<'open'>, code: string): void {
    const { sessionKey, gatekeeper, epoch } = event;
    this.#publish(
      this.deps.events.downstream({ type: 'closed', sessionKey, gatekeeper, epoch, code, final: false }),
    );
  }

  #publish(published: Promise<void>): void {
    published.catch((error: unknown) => {
      this.deps.logger.warn({ err: error }, 'a refusal could not be told');
    });
  }
}

/** Whether a session makes way: for a later connection, or because it is being closed and its device is back. */
function givesWay({ opened, isClosing }: UpstreamSession, to: Command<'open'>): boolean {
  return to.epoch > opened.epoch || (isClosing && to.epoch === opened.epoch);
}
