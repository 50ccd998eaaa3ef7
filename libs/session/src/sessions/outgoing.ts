import { bodyContext } from '@causeway/contracts/events';
import { refusalOfMessage } from '@causeway/contracts/session';
import { Block, OutgoingMessage, OutgoingReceipt, OutgoingTyping, Query } from '@causeway/contracts/upstream';
import type { Answer } from '@causeway/contracts/downstream';
import { failpoint } from '@causeway/failpoints';
import { parseAddress } from '@causeway/jid';
import { limits } from '@causeway/limits';
import { decodeBody, encodeBody, RelayError, type RelayBody } from '@causeway/relay';
import { textAttr } from '@causeway/xml';
import { buildAck, buildDelivered, type Settleable } from '../stanzas/ack.js';
import { buildBundleQuery, readBundleAnswer } from '../stanzas/bundle.js';
import { buildBlock, buildDevicesQuery, buildPing, buildTyping, readDevices } from '../stanzas/control.js';
import { buildMessage } from '../stanzas/message.js';
import { readDecimal } from '../stanzas/numbers.js';
import { buildPreKeyUpload, buildRotation } from '../stanzas/prekeys.js';
import { buildReceipt } from '../stanzas/receipt.js';
import type { Connection } from './connection.js';
import { LinkRefused, type Command } from './ports.js';
import { Refusal } from './refusal.js';
import type { Settled, Settlement } from './unacked-window.js';

/** A schema of a body, as the contracts give it. */
interface BodySchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/**
 * Carries out commands on one login. Stanzas leave in the order of the calls. A command that names somebody by what is no
 * address ends in JidError.
 */
export class Outgoing {
  constructor(private readonly connection: Connection) {}

  /** Sends, and answers `accepted` once the gatekeeper itself has acknowledged. @throws {Refusal} */
  async message(command: Command<'message.send'>): Promise<void> {
    const { awaited, clock, envelope, events } = this.connection;
    const message = this.#open(command, OutgoingMessage);
    if (awaited.has(command.id)) return;
    if (awaited.full) throw new Refusal('upstream_timeout', true);
    failpoint('session.send.consumed');
    const answer = awaited.wait(command.id, command.deadline - clock.now());
    try {
      await this.connection.send(buildMessage(command.id, message));
    } catch (error) {
      awaited.settle(command.id, undefined);
      throw error;
    }
    failpoint('session.send.sent');
    const ack = await answer;
    if (ack === undefined) throw new Refusal('upstream_timeout', true);
    failpoint('session.send.acked');
    if (ack.attrs.error !== undefined) {
      const { code, retryable } = refusalOfMessage(textAttr(ack, 'error') ?? '');
      throw new Refusal(code, retryable);
    }
    const timestamp = readDecimal(textAttr(ack, 't')) ?? Math.floor(clock.now() / 1000);
    await events.downstream({ type: 'accepted', ...envelope, id: command.id, timestamp });
    failpoint('session.accepted.produced');
  }

  /** Sends a receipt. One that asks for a message again also settles it: the device's acknowledgement adds nothing. */
  async receipt(command: Command<'receipt.send'>): Promise<void> {
    const receipt = this.#open(command, OutgoingReceipt);
    await this.connection.send(buildReceipt(receipt));
    if (receipt.kind !== 'retry') return;
    await this.#settleUpstream(this.connection.window.forget(parseAddress(receipt.to), receipt.ids));
  }

  /**
   * Asks the gatekeeper for a sign of life, and ends a login that gives none: the session then logs in again. Any answer
   * is one, also an error.
   */
  async probe(): Promise<void> {
    const { link, end } = this.connection;
    try {
      await link.query(buildPing(), limits.upstreamProbeMs.value);
    } catch (error) {
      if (!(error instanceof LinkRefused)) throw error;
      if (error.end.code === 'query_timeout') end('probe_unanswered', 'reconnect');
    }
  }

  async typing(command: Command<'typing.send'>): Promise<void> {
    await this.connection.send(buildTyping(this.#open(command, OutgoingTyping)));
  }

  async block(command: Command<'block'>): Promise<void> {
    await this.connection.link.query(buildBlock(this.#open(command, Block)), limits.queryDeadlineMs.value);
  }

  /** Settles stanzas that the device has (`delivered`) or that are durable here (`stored`). */
  async settle({ refs, stage }: Command<'ack'>): Promise<void> {
    failpoint('session.ack.consumed');
    const how = ({ stanzaClass }: Settleable): Settlement =>
      stanzaClass === 'message' && stage === 'delivered' ? 'delivered' : 'ack';
    await this.#settleUpstream(this.connection.window.settle(refs, how));
    failpoint('session.ack.settled');
  }

  async #settleUpstream(settled: readonly Settled[]): Promise<void> {
    for (const { stanza, how } of settled) {
      await this.connection.send(how === 'delivered' ? buildDelivered(stanza) : buildAck(stanza));
    }
    await this.connection.pullBacklog();
  }

  /** Hands over one-time prekeys and says which the gatekeeper took. */
  async uploadPreKeys(command: Command<'prekeys.upload'>): Promise<void> {
    const { link, events, owner, metrics, keys } = this.connection;
    const count = (outcome: string) => metrics.preKeyUploads.inc({ gatekeeper: owner.gatekeeper, outcome });
    failpoint('session.prekeys.consumed');
    try {
      await link.query(buildPreKeyUpload(command), limits.commandDeadlineMs.value);
    } catch (error) {
      count(outcomeOf(error));
      keys?.uploadFailed(link);
      throw error;
    }
    count('taken');
    keys?.uploaded();
    failpoint('session.prekeys.uploaded');
    const preKeyIds = command.preKeys.map(({ id }) => id);
    await events.session({ type: 'prekeys.uploaded', ...owner, preKeyIds });
  }

  /**
   * Puts a new signed prekey in the place of the old one. One that is lost, or comes while the gatekeeper is left alone,
   * shows in a later digest.
   */
  async rotateSignedPreKey(command: Command<'signed-prekey.rotate'>): Promise<void> {
    const { link, owner, metrics, keys } = this.connection;
    const { id } = command.signedPreKey;
    const count = (outcome: string) => metrics.rotations.inc({ gatekeeper: owner.gatekeeper, outcome });
    if (keys?.mayRotate(id) === false) return count('left_alone');
    try {
      await link.query(buildRotation(command), limits.commandDeadlineMs.value);
    } catch (error) {
      count(outcomeOf(error));
      keys?.rotationFailed(link, id, error);
      throw error;
    }
    count('taken');
  }

  /** Asks the gatekeeper; the answer goes to the device, also when it is a failure. */
  async query(command: Command<'query'>): Promise<void> {
    const { envelope, seal, events, peers, metrics } = this.connection;
    const { correlationId } = command;
    const query = this.#open(command, Query);
    const { answer, again } = await peers.to(query, () => this.#ask(query, correlationId));
    metrics.queries.inc({ kind: query.kind, outcome: again ? 'remembered' : answer.kind });
    const body = encodeBody(seal, bodyContext({ type: 'answer', correlationId }), answer);
    await events.downstream({ type: 'answer', ...envelope, correlationId, body });
  }

  async #ask(query: Query, sid: string): Promise<Answer> {
    const { peer } = query;
    try {
      if (query.kind === 'devices') {
        const answer = await this.connection.link.query(
          buildDevicesQuery(peer, sid),
          limits.queryDeadlineMs.value,
        );
        return { kind: 'devices', peer, devices: readDevices(answer) };
      }
      const answer = await this.connection.link.query(buildBundleQuery(peer), limits.queryDeadlineMs.value);
      const bundle = readBundleAnswer(answer);
      return bundle === undefined
        ? { kind: 'failed', code: 'recipient_unknown' }
        : { kind: 'bundle', peer, bundle };
    } catch (error) {
      if (error instanceof LinkRefused) return { kind: 'failed', code: error.end.code };
      throw error;
    }
  }

  #open<T>(command: Command & { body: RelayBody }, schema: BodySchema<T>): T {
    let value: unknown;
    try {
      value = decodeBody(this.connection.seal, bodyContext(command), command.body);
    } catch (error) {
      // Sealed for an earlier login, as after a restart of this pod: sent again, it is sealed for this one.
      if (error instanceof RelayError) throw new Refusal('body_unreadable', true, { cause: error });
      throw error;
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new Refusal('stanza_invalid', false);
    return parsed.data;
  }
}

/** How an IQ ended that brought no result; the closed list of a metric. */
function outcomeOf(error: unknown): 'refused' | 'unanswered' | 'lost' {
  const code = error instanceof LinkRefused ? error.end.code : undefined;
  if (code === 'query_refused') return 'refused';
  return code === 'query_timeout' ? 'unanswered' : 'lost';
}
