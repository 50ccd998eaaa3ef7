import { announceChannel, openCoordination, type Coordination } from '@causeway/coordination';
import { PresencePod } from '@causeway/fanout/testing';
import { systemClock } from '@causeway/lifecycle';
import { createLogger, createMetrics } from '@causeway/telemetry';
import { startOwnRedis, type OwnRedis } from '@causeway/testing/engines';

const PARTITIONS = 128;
const PODS = 2;
/** Devices that connect at the same time. */
const CONNECTING = 500;
const LOOK_MS = 10;
const GIVE_UP_MS = 60_000;

/** How long it took, in milliseconds from the loss. */
export interface Rebuild {
  readonly noticedMs: number;
  readonly wholeMs: number;
  readonly cpuMsPerDevice: number;
}

/** Fanout pods with devices, on a Redis that can lose its memory. */
export class PresenceWorld {
  readonly #pods: PresencePod[] = [];

  private constructor(
    private readonly redis: OwnRedis,
    private readonly coordination: Coordination,
    private readonly devices: number,
  ) {}

  static async start(devices: number): Promise<PresenceWorld> {
    const redis = await startOwnRedis();
    const logger = createLogger({ service: 'bench', level: 'silent' });
    const metrics = createMetrics('bench');
    const world = new PresenceWorld(redis, openCoordination(redis.url, { logger, metrics }), devices);
    try {
      for (let pod = 0; pod < PODS; pod++) {
        world.#pods.push(new PresencePod(world.coordination, logger, systemClock, PARTITIONS));
      }
      await world.#connect();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  /** @param told whether the loss is announced, as a session pod does that sees it first */
  async lose(told: boolean): Promise<Rebuild> {
    const before = this.#restored();
    const cpu = process.cpuUsage();
    await this.redis.flush();
    const startedMs = performance.now();
    if (told)
      await this.coordination.signals.publish(announceChannel, (await this.coordination.presence.life()).id);
    const noticedMs = await this.#when(() => this.#restored() > before, startedMs);
    const wholeMs = await this.#when(() => this.#restored() >= before + this.devices, startedMs);
    const { user, system } = process.cpuUsage(cpu);
    await this.#mustBeWhole();
    return { noticedMs, wholeMs, cpuMsPerDevice: (user + system) / 1_000 / this.devices };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pods.map((pod) => pod.stop()));
    await this.coordination.close();
    await this.redis.stop();
  }

  async #connect(): Promise<void> {
    for (const pod of this.#pods) {
      await pod.start();
      for (let left = this.devices / PODS; left > 0; left -= CONNECTING) {
        await Promise.all(Array.from({ length: Math.min(left, CONNECTING) }, () => pod.connect()));
      }
    }
  }

  #restored(): number {
    return this.#pods.reduce((sum, { restored }) => sum + (restored.get('restored') ?? 0), 0);
  }

  async #when(isSo: () => boolean, startedMs: number): Promise<number> {
    while (!isSo()) {
      if (performance.now() - startedMs > GIVE_UP_MS) throw new Error('presence was not put back');
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return performance.now() - startedMs;
  }

  /** Every device must be seen under the epoch that it had. */
  async #mustBeWhole(): Promise<void> {
    const seen = new Map<string, number>();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const { sessionKey, epoch } of await this.coordination.presence.list(partition)) {
        seen.set(sessionKey, epoch);
      }
    }
    const connections = this.#pods.flatMap((pod) => pod.connections);
    const missing = connections.filter(({ owner, epoch }) => seen.get(owner.sessionKey) !== epoch);
    if (missing.length > 0 || seen.size !== this.devices) throw new Error(`${missing.length} are missing`);
  }
}
