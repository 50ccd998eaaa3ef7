import type { sessionErrors } from '@causeway/contracts/session';
import { JidError } from '@causeway/jid';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { Connection } from './connection.js';
import { Outgoing } from './outgoing.js';
import { LinkRefused, type Command, type SessionEvents } from './ports.js';
import { Refusal } from './refusal.js';
import type { SessionMetrics } from './session-metrics.js';

/** Commands whose outcome the device waits for. */
type Answerable = Command<'message.send'> | Command<'query'>;

/**
 * Holds a session's commands while it logs in, carries them out once it is open, and refuses them when it is not: a
 * command is never kept beyond the connection, since the device sends again with the same id.
 */
export class CommandQueue {
  #waiting: Command[] = [];
  #outgoing: Outgoing | undefined;
  #opening = true;

  constructor(
    private readonly events: SessionEvents,
    private readonly metrics: SessionMetrics,
    private readonly clock: Clock,
    private readonly envelope: Connection['envelope'],
  ) {}

  add(command: Command): void {
    if (this.#outgoing !== undefined) return this.#carryOut(this.#outgoing, command);
    if (!this.#opening || this.#waiting.length >= limits.upstreamQueueItems.value) {
      return this.#refuse(command, 'not_connected', true);
    }
    this.#waiting.push(command);
  }

  /** The login succeeded: what waited goes out in its order. */
  connected(connection: Connection): void {
    const outgoing = new Outgoing(connection);
    this.#outgoing = outgoing;
    for (const command of this.#waiting.splice(0)) this.#carryOut(outgoing, command);
  }

  /** The login failed or the connection ended: what waited is refused, and so is what comes until the next one. */
  disconnected(): void {
    this.#outgoing = undefined;
    this.#opening = false;
    for (const command of this.#waiting.splice(0)) this.#refuse(command, 'not_connected', true);
  }

  #carryOut(outgoing: Outgoing, command: Command): void {
    if ('deadline' in command && command.deadline <= this.clock.now()) {
      return this.#refuse(command, 'command_expired', true);
    }
    this.#run(outgoing, command).then(
      () => this.metrics.commands.inc({ type: command.type, outcome: 'done' }),
      (error: unknown) => {
        const [code, retryable] = refusalOf(error);
        this.#refuse(command, code, retryable);
      },
    );
  }

  async #run(outgoing: Outgoing, command: Command): Promise<void> {
    switch (command.type) {
      case 'message.send':
        return outgoing.message(command);
      case 'receipt.send':
        return outgoing.receipt(command);
      case 'typing.send':
        return outgoing.typing(command);
      case 'query':
        return outgoing.query(command);
      case 'block':
        return outgoing.block(command);
      case 'probe':
        return outgoing.probe();
      case 'ack':
        return outgoing.settle(command);
      case 'prekeys.upload':
        return outgoing.uploadPreKeys(command);
      case 'signed-prekey.rotate':
        return outgoing.rotateSignedPreKey(command);
      case 'open':
      case 'close':
        throw new TypeError('open and close are not commands of a connection');
    }
  }

  #refuse(command: Command, code: keyof typeof sessionErrors, retryable: boolean): void {
    this.metrics.commands.inc({ type: command.type, outcome: code });
    if (!isAnswerable(command)) return;
    const what = command.type === 'query' ? { correlationId: command.correlationId } : { id: command.id };
    this.events.downstream({ type: 'refused', ...this.envelope, ...what, code, retryable }).catch(() => {
      // The bus is gone: the device's own deadline ends its wait.
      this.metrics.commands.inc({ type: command.type, outcome: 'refusal_lost' });
    });
  }
}

function isAnswerable(command: Command): command is Answerable {
  return command.type === 'message.send' || command.type === 'query';
}

function refusalOf(error: unknown): [keyof typeof sessionErrors, boolean] {
  if (error instanceof Refusal) return [error.code, error.retryable];
  if (error instanceof LinkRefused) return ['not_connected', true];
  if (error instanceof JidError) return ['stanza_invalid', false];
  return ['upstream_refused', true];
}
