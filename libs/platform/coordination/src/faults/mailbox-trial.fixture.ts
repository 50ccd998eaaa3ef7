import { randomUUID } from 'node:crypto';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs, eventually } from '@causeway/testing';
import { DeliveryChecker, recordTrial, SteadyLoad, steadyNow, type Tracked } from '@causeway/testing/faults';
import { expect } from 'vitest';
import { CoordinationError, openCoordination, type Coordination } from '../index.js';

const encode = (message: Tracked): Uint8Array => new TextEncoder().encode(JSON.stringify(message));
const decode = (item: Uint8Array): Tracked => JSON.parse(new TextDecoder().decode(item)) as Tracked;

/** Signals are lost in a fault, and come again soon after everything else does. */
const signalsAgainMs = 5_000;

interface Box {
  readonly sessionKey: string;
  readonly epoch: number;
  lastSeq: number;
}

/**
 * Items go into the mailboxes of a pod's sessions at a steady pace, and a reader takes them out, over two clients; a
 * fault of the caller's comes between. Ends with everything read and the checker content. For faults that leave Redis
 * its memory: what it forgets is lost by design.
 */
export class MailboxTrial {
  readonly checker = new DeliveryChecker();
  private readonly podId = randomUUID();
  private readonly boxes = new Map<string, Box>();
  private readonly turns = new Map<string, Promise<void>>();
  /** When something sent since the fault was read, by session. */
  private readonly firstSince = new Map<string, number>();
  private load: SteadyLoad | undefined;
  private signals = 0;
  private reading = true;
  private reader = Promise.resolve();
  private lease: NodeJS.Timeout | undefined;
  private healedAt = steadyNow();

  private constructor(
    private readonly title: string,
    private readonly writer: Coordination,
    private readonly taker: Coordination,
  ) {}

  static async begin(title: string, url: string): Promise<MailboxTrial> {
    const { logger } = captureLogs();
    const open = () => openCoordination(url, { logger, metrics: createMetrics('test') });
    const trial = new MailboxTrial(title, open(), open());
    await trial.connect();
    return trial;
  }

  private async connect(): Promise<void> {
    const { presence } = this.taker;
    await presence.renew(this.podId);
    await this.taker.signals.subscribe('doorbell', () => (this.signals += 1));
    this.lease = setInterval(() => void presence.renew(this.podId).catch(() => undefined), 2_000);
    for (let n = 0; n < 8; n++) {
      const sessionKey = randomUUID();
      const epoch = await presence.put({ sessionKey, podId: this.podId, partition: n });
      this.boxes.set(sessionKey, { sessionKey, epoch, lastSeq: 0 });
    }
    this.load = new SteadyLoad({
      checker: this.checker,
      keys: [...this.boxes.keys()],
      everyMs: 50,
      maxRounds: 200,
      send: (message) => this.append(message),
      // What Redis did not answer may have been done, or be done later.
      outcomeOf: (error) =>
        error instanceof CoordinationError && error.code !== 'coordination_unreachable' ? 'fail' : 'unknown',
    });
    this.reader = this.readAll();
    await eventually(() => this.demandFlow(), { deadlineMs: 10_000 });
  }

  /** The fault is over: the time to recovery begins. */
  healed(): void {
    this.healedAt = steadyNow();
    this.firstSince.clear();
  }

  /** Waits until something that was put into every mailbox after the fault was read, then for all that Redis took. */
  async finish(): Promise<void> {
    const { load } = this;
    if (load === undefined) throw new Error('nothing was sent');
    await eventually(() => this.demandFlow(), { deadlineMs: 60_000 });
    const recoveredMs = Math.round(Math.max(...this.firstSince.values()) - this.healedAt);
    expect(await this.heardAfterMs()).toBeLessThan(signalsAgainMs);
    await load.stop();
    await eventually(() => expect(this.checker.verdict().lost).toEqual([]), { deadlineMs: 20_000 }).catch(
      () => undefined, // What is missing then is said below.
    );
    await this.end();
    const { lost, doubled, reordered, phantom, sent } = this.checker.verdict();
    const counts = {
      lost: lost.length,
      doubled: doubled.length,
      reordered: reordered.length,
      phantom: phantom.length,
    };
    const { ok, unknown, fail: refused } = sent;
    recordTrial({ trial: this.title, ok, unknown, refused, ...counts, recoveredMs });
    expect(counts).toEqual({ lost: 0, doubled: 0, reordered: 0, phantom: 0 });
  }

  /** How long it takes until a signal of the one client is heard by the other, which listened before the fault. */
  private async heardAfterMs(): Promise<number> {
    const startedMs = performance.now();
    await eventually(
      async () => {
        const before = this.signals;
        await this.writer.signals.publish('doorbell', 'ring');
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(this.signals).toBeGreaterThan(before);
      },
      { deadlineMs: 30_000 },
    );
    return performance.now() - startedMs;
  }

  /** Ends everything, whatever state it is in. */
  async end(): Promise<void> {
    clearInterval(this.lease);
    this.reading = false;
    await this.load?.stop();
    await this.reader;
    await Promise.all([this.writer.close(), this.taker.close()]);
  }

  /** As a consumer does: what belongs to one session goes one after another. */
  private async append(message: Tracked): Promise<void> {
    const { sessionKey, epoch } = this.box(message.key);
    const turn = (this.turns.get(sessionKey) ?? Promise.resolve()).catch(() => undefined);
    const appended = turn.then(() => this.writer.mailbox.append(sessionKey, epoch, [encode(message)]));
    this.turns.set(sessionKey, appended);
    await appended;
  }

  private box(sessionKey: string): Box {
    const box = this.boxes.get(sessionKey);
    if (box === undefined) throw new Error('no such session');
    return box;
  }

  private demandFlow(): void {
    expect(this.firstSince.size).toBe(this.boxes.size);
  }

  private async readAll(): Promise<void> {
    while (this.reading) {
      for (const box of this.boxes.values()) await this.readBox(box).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  private async readBox(box: Box): Promise<void> {
    const { mailbox } = this.taker;
    const items = await mailbox.read(box.sessionKey, box.epoch, box.lastSeq, 100);
    for (const { seq, item } of items) {
      const message = decode(item);
      this.checker.saw(message);
      box.lastSeq = seq;
      const isFresh = (this.load?.beganAt(message.id) ?? 0) >= this.healedAt;
      if (isFresh && !this.firstSince.has(message.key)) this.firstSince.set(message.key, steadyNow());
    }
    if (items.length === 0) return;
    await mailbox.remove(
      box.sessionKey,
      box.epoch,
      items.map(({ seq }) => seq),
    );
  }
}
