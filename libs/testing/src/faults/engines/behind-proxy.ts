import { freePort } from '../../engines/embedded.js';
import { TcpFaultProxy } from '../proxy/tcp-fault-proxy.js';
import { ownKafka } from './own-kafka.js';
import type { OwnEngine } from './own-engine.js';

/** An engine, and the proxy through which all of its clients go. */
export interface BehindProxy {
  readonly engine: OwnEngine;
  readonly proxy: TcpFaultProxy;
  /** As the engine's own URL, by way of the proxy. */
  readonly url: string;
  remove(): Promise<void>;
}

/** Puts a proxy in front of an engine. Not for Kafka, whose clients follow what the broker advertises. */
export async function behindProxy(engine: OwnEngine): Promise<BehindProxy> {
  return over(engine, await TcpFaultProxy.open({ target: engine }));
}

/** A broker of one's own that sends its clients to the proxy in front of it. */
export async function ownKafkaBehindProxy(): Promise<BehindProxy> {
  const port = await freePort();
  const engine = await ownKafka({ advertisedPort: port });
  return over(engine, await TcpFaultProxy.open({ target: engine, port }));
}

function over(engine: OwnEngine, proxy: TcpFaultProxy): BehindProxy {
  return {
    engine,
    proxy,
    url: engine.url.replace(`${engine.host}:${engine.port}`, `${proxy.host}:${proxy.port}`),
    async remove() {
      await proxy.close();
      await engine.remove();
    },
  };
}
