import type { KeyObject } from 'node:crypto';
import type { DeviceId, GatekeeperId, SessionKey, UserId } from '@causeway/contracts/ids';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { RelaySeal } from '@causeway/relay';
import type { Stanza } from '@causeway/xml';
import { kindOf } from '../stanzas/kind.js';
import { buildOfflineBatch } from '../stanzas/control.js';
import type { UpstreamKeys } from '../prekeys/upstream-keys.js';
import { AcknowledgementWatch } from './acknowledgement-watch.js';
import { AwaitedAcks } from './awaited-acks.js';
import { Backlog } from './backlog.js';
import { PeerAnswers } from './peer-answers.js';
import type { EndAdvice, SessionEvents, UpstreamLink } from './ports.js';
import type { SessionMetrics } from './session-metrics.js';
import { UnackedWindow } from './unacked-window.js';

const BACKLOG_BATCH = 100;

/** What belongs to one login: it is made when the link connects and thrown away when the link ends. */
export class Connection {
  readonly window: UnackedWindow;
  readonly backlog = new Backlog(BACKLOG_BATCH);
  readonly watch: AcknowledgementWatch;
  // Made when a device first sends or asks something: most sessions only wait.
  #awaited: AwaitedAcks | undefined;
  #peers: PeerAnswers | undefined;

  constructor(
    readonly link: UpstreamLink,
    readonly envelope: { sessionKey: SessionKey; gatekeeper: GatekeeperId; epoch: number },
    readonly owner: { userId: UserId; deviceId: DeviceId; gatekeeper: GatekeeperId },
    readonly seal: RelaySeal | undefined,
    readonly dedupeKey: KeyObject,
    readonly events: SessionEvents,
    readonly metrics: SessionMetrics,
    readonly clock: Clock,
    /** Ends this login; the gatekeeper delivers again what was not settled. */
    readonly end: (code: string, advice: EndAdvice) => void,
    /** The gatekeeper said what the next login is to begin with. */
    readonly onEdgeRouting: (blob: Uint8Array) => void,
    readonly keys: UpstreamKeys | undefined,
  ) {
    this.window = new UnackedWindow(limits.upstreamUnackedStanzas.value, clock.now());
    this.watch = new AcknowledgementWatch(clock, this.window, () => end('acknowledgement_late', 'redeliver'));
  }

  get awaited(): AwaitedAcks {
    return (this.#awaited ??= new AwaitedAcks(this.clock, limits.upstreamQueueItems.value));
  }

  get peers(): PeerAnswers {
    return (this.#peers ??= new PeerAnswers(this.clock));
  }

  /** Writes a stanza. @throws {LinkRefused} */
  async send(outgoing: Stanza): Promise<void> {
    await this.link.send(outgoing);
    this.metrics.stanzas.inc({ direction: 'out', kind: kindOf(outgoing) });
  }

  /** The login is over: nobody waits for anything of it. */
  over(): void {
    this.watch.stop();
    this.window.over();
    this.keys?.over();
    this.#awaited?.settleAll();
    this.seal?.destroy();
  }

  /** Pulls the next part of the backlog when it fits. */
  async pullBacklog(): Promise<void> {
    const count = this.backlog.pull(this.window.free);
    if (count > 0) await this.send(buildOfflineBatch(count));
  }
}
