import { Phone, ProviderUser } from 'causeway/journey';
import type { Engines } from '@causeway/testing';
import { startSystem, type Variant } from './systems.js';
import { talk, type Talk } from './talk.js';

const WITHIN_MS = 30_000;

/** What the benchmark asks of a worker. */
export type WorkerRequest = { readonly talk: Talk } | 'stop';

/** Runs one system with a device and a phone, and lets them talk as often as it is asked to. */
async function work(variant: Variant, portBase: number, engines: Engines | undefined): Promise<void> {
  const system = await startSystem(variant, portBase, engines);
  const alice = new ProviderUser('alice', system.endpoints, system.devicesFolder);
  try {
    const bob = new Phone(system.endpoints.control, '4915550001');
    await bob.create('Bob');
    await alice.enter(WITHIN_MS);
    process.send?.('ready');
    for (let request = await nextRequest(); request !== 'stop'; request = await nextRequest())
      process.send?.(await talk(alice, bob, request.talk));
  } finally {
    await alice.device.close();
    await system.stop();
    if (process.connected) process.disconnect();
  }
}

/** A benchmark that has died asks for nothing more. */
function nextRequest(): Promise<WorkerRequest> {
  return new Promise((resolve) => {
    const onRequest = (request: unknown) => answer(request as WorkerRequest);
    const onGone = () => answer('stop');
    const answer = (request: WorkerRequest) => {
      process.off('message', onRequest);
      process.off('disconnect', onGone);
      resolve(request);
    };
    process.on('message', onRequest);
    process.on('disconnect', onGone);
    if (!process.connected) answer('stop');
  });
}

const [variant = '', portBase = '', engines = ''] = process.argv.slice(2);
await work(
  variant as Variant,
  Number(portBase),
  engines === '' ? undefined : (JSON.parse(engines) as Engines),
);
