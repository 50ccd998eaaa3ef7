import { fanoutErrors, type DeviceFrame } from '@causeway/contracts/fanout';
import { sessionErrors } from '@causeway/contracts/session';
import { failpoint } from '@causeway/failpoints';
import { limits, rateLimits, type RateLimit } from '@causeway/limits';
import type { DeviceConnection } from './device-connection.js';

type Frame<Type extends DeviceFrame['type']> = Extract<DeviceFrame, { type: Type }>;

/** Takes a device's commands and passes them on; what needs an answer is counted until the answer comes. */
export class Commands {
  /** Ids without an outcome, and when they stop counting (monotonic milliseconds). */
  readonly #inFlight = new Map<string, number>();

  constructor(private readonly connection: DeviceConnection) {}

  async handle(frame: Exclude<DeviceFrame, Frame<'ack'>>): Promise<void> {
    switch (frame.type) {
      case 'send':
        return this.#send(frame);
      case 'query':
        return this.#query(frame);
      case 'receipt':
        if (frame.receipt.kind === 'retry') {
          this.connection.deliveries.withoutReceipt(frame.receipt.to, frame.receipt.ids);
        }
        return this.#say(() => this.connection.pass({ type: 'receipt.send' }, frame.receipt));
      case 'typing':
        return this.#say(() => this.connection.pass({ type: 'typing.send' }, frame.typing));
      case 'noise-dh':
        return this.#agree(frame);
      case 'block':
        return this.#say(() => this.connection.pass({ type: 'block' }, frame.block));
    }
  }

  /** An outcome arrived. */
  settled(id: string): void {
    this.#inFlight.delete(id);
  }

  async #send(frame: Frame<'send'>): Promise<void> {
    const { owner, deps } = this.connection;
    failpoint('fanout.send.received');
    if (!deps.mayAcceptNewSends()) {
      return this.#refuse({ id: frame.id }, fanoutErrors.revocations_unreadable.code);
    }
    if (!(await this.#mayTake(deps.ratesOf(owner.gatekeeper).messages))) {
      return this.#refuse({ id: frame.id }, fanoutErrors.too_many_messages.code);
    }
    if (owner.custody === 'provider') {
      if (await deps.submissions.isHeld(owner.userId)) {
        return this.#refuse({ id: frame.id }, fanoutErrors.lane_parked.code);
      }
      const kept = await deps.submissions.submit(this.connection.envelope, frame.id, frame.message);
      if (!kept) return this.#refuse({ id: frame.id }, fanoutErrors.too_many_in_flight.code);
      failpoint('fanout.submission.committed');
      const timestamp = Math.floor(deps.clock.now() / 1000);
      this.connection.sink({ type: 'accepted', gatekeeper: owner.gatekeeper, id: frame.id, timestamp });
      return failpoint('fanout.submission.answered');
    }
    const code = this.#claim(frame.id);
    if (code !== undefined) return this.#refuse({ id: frame.id }, code);
    await this.connection.pass({ type: 'message.send', id: frame.id }, frame.message);
    failpoint('fanout.send.produced');
  }

  async #query(frame: Frame<'query'>): Promise<void> {
    const { correlationId } = frame;
    const code = this.#claim(correlationId);
    if (code !== undefined) return this.#refuse({ correlationId }, code);
    const tooMany = await this.#tooManyPeers(frame.query.kind);
    if (tooMany !== undefined) {
      this.settled(correlationId);
      return this.#refuse({ correlationId }, tooMany);
    }
    await this.connection.pass({ type: 'query', correlationId }, frame.query);
  }

  /** @returns why a question may not be asked now, or undefined and counts it. */
  async #tooManyPeers(kind: Frame<'query'>['query']['kind']): Promise<string | undefined> {
    const { owner, deps } = this.connection;
    if (!(await this.#mayTake(rateLimits.peerQuery))) return fanoutErrors.too_many_queries.code;
    if (kind !== 'bundle' || (await this.#mayTake(deps.ratesOf(owner.gatekeeper).newPeers))) return undefined;
    return fanoutErrors.too_many_new_peers.code;
  }

  async #mayTake(rate: RateLimit): Promise<boolean> {
    const { owner, deps } = this.connection;
    return (await deps.coordination.rates.take(rate, owner.sessionKey)).allowed;
  }

  /** Passes on what has no answer; without a connection it is dropped, as a device repeats what matters. */
  async #say(pass: () => Promise<void>): Promise<void> {
    if (this.connection.isOpen) await pass();
    else this.connection.deps.metrics.dropped.inc({ reason: 'not_connected' });
  }

  /** Passes on the answer to a question that is open, once; a device says nothing of itself here. */
  async #agree({ correlationId, answer }: Frame<'noise-dh'>): Promise<void> {
    const { agreements, deps, envelope } = this.connection;
    if (agreements.answered(correlationId, deps.clock.now())) {
      return deps.upstream([{ type: 'noise.dh.answer', ...envelope, correlationId, answer }]);
    }
    deps.metrics.dropped.inc({ reason: 'not_asked' });
  }

  /** @returns why a command may not go out now, or undefined and counts it. */
  #claim(id: string): string | undefined {
    if (!this.connection.isOpen) return sessionErrors.not_connected.code;
    const nowMs = this.connection.deps.clock.monotonicMs();
    for (const [key, untilMs] of this.#inFlight) if (untilMs <= nowMs) this.#inFlight.delete(key);
    if (this.#inFlight.size >= limits.deviceCommandsInFlight.value && !this.#inFlight.has(id)) {
      return fanoutErrors.too_many_in_flight.code;
    }
    this.#inFlight.set(id, nowMs + limits.commandDeadlineMs.value);
    return undefined;
  }

  #refuse(what: { id: string } | { correlationId: string }, code: string): void {
    const { gatekeeper } = this.connection.owner;
    this.connection.sink({ type: 'refused', gatekeeper, ...what, code, retryable: true });
  }
}
