import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { percentile } from '../harness/statistics.js';
import type { Rate } from '../engines/rates.js';
import type { ServerProcess } from './server-process.js';

const CONNECTIONS = 32;
/** Addresses that the calls come from, as behind a proxy. */
const ADDRESSES = 8;

/** One call. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Calls a server. @throws {Error} when an answer is not 200: what is refused is not measured */
export class Load {
  readonly #pool: Pool;

  constructor(private readonly server: ServerProcess) {
    this.#pool = new Pool(server.url, { connections: CONNECTIONS });
  }

  /** As many calls as are given, each connection making the next one when the last is answered. */
  async closed(calls: readonly Call[]): Promise<Rate> {
    const cpuMs = this.server.cpuMs;
    const startedAt = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < calls.length; at = next++) await this.#call(calls[at] as Call, at);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    return {
      msPerThousand: ((performance.now() - startedAt) * 1_000) / calls.length,
      cpuMsPerOperation: (this.server.cpuMs - cpuMs) / calls.length,
    };
  }

  /** Calls at a rate, whatever their answers do. @returns milliseconds, each from when the call was due */
  async open(calls: readonly Call[], perSecond: number): Promise<number[]> {
    const startedAt = performance.now();
    const times: number[] = [];
    const pending: Promise<void>[] = [];
    for (let at = 0; at < calls.length; at++) {
      const dueAt = startedAt + (at * 1_000) / perSecond;
      if (dueAt > performance.now() + 1) await delay(dueAt - performance.now());
      pending.push(this.#call(calls[at] as Call, at).then(() => void times.push(performance.now() - dueAt)));
    }
    await Promise.all(pending);
    return times;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #call({ method, path, headers = {}, body }: Call, at: number): Promise<void> {
    const address = `198.51.100.${(at % ADDRESSES) + 1}`;
    const answer = await this.#pool.request({
      method,
      path,
      headers: { ...headers, 'x-forwarded-for': address },
      body: body ?? null,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
  }
}

/** @returns median and 99th percentile as text */
export function distribution(times: readonly number[]): string {
  const [half, tail] = [0.5, 0.99].map((share) => percentile(times, share).toFixed(1));
  return `p50 ${half} ms, p99 ${tail} ms`;
}
