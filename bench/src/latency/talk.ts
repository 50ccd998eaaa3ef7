import { setTimeout as delay } from 'node:timers/promises';
import { until, type Phone, type ProviderUser } from 'causeway/journey';

const SETTLE_MS = 20_000;

/** How a round of messages is sent. */
export interface Talk {
  /** Messages in each direction. */
  readonly messages: number;
  /** Time between two messages of one direction; a slow one does not hold up the next. */
  readonly everyMs: number;
}

/** Milliseconds from the application's send to the peer's screen, message by message. */
export interface TalkTimes {
  /** From our user's device to the phone. */
  readonly out: readonly number[];
  /** From the phone to our user's device. */
  readonly in: readonly number[];
}

/** Sends both ways at a steady rate and waits until everything is shown. */
export async function talk(alice: ProviderUser, bob: Phone, { messages, everyMs }: Talk): Promise<TalkTimes> {
  const [sentOut, sentIn] = [new Map<string, number>(), new Map<string, number>()];
  const shown = new Map<string, number>();
  const onMessage = ({ id }: { id: string }) => void shown.set(id, Date.now());
  alice.device.events.on('message', onMessage);
  try {
    const sending: Promise<void>[] = [];
    for (let n = 0; n < messages; n++) {
      sending.push(note(sentOut, () => sendOut(alice, bob, n)));
      await delay(everyMs / 2);
      sending.push(note(sentIn, () => bob.send({ to: alice.identifier, kind: 'text', text: `in ${n}` })));
      await delay(everyMs / 2);
    }
    await Promise.all(sending);
    await until('the device shows every message', SETTLE_MS, () => hasAll(shown, sentIn));
    const decrypted = await until('the phone shows every message', SETTLE_MS, async () => {
      const received = await bob.received();
      return hasAll(new Map(received.messages.map(({ id, at }) => [id, at])), sentOut);
    });
    return { out: elapsed(sentOut, decrypted), in: elapsed(sentIn, shown) };
  } finally {
    alice.device.events.off('message', onMessage);
  }
}

async function sendOut(alice: ProviderUser, bob: Phone, n: number): Promise<string> {
  const { id } = await alice.device.send({ to: bob.jid, kind: 'text', text: `out ${n}` });
  return id;
}

/** Notes when a message was given to its sender. */
async function note(sent: Map<string, number>, send: () => Promise<string>): Promise<void> {
  const at = Date.now();
  sent.set(await send(), at);
}

function hasAll(times: Map<string, number>, sent: Map<string, number>): Map<string, number> | undefined {
  return [...sent.keys()].every((id) => times.has(id)) ? times : undefined;
}

function elapsed(from: Map<string, number>, to: Map<string, number>): number[] {
  return [...from].map(([id, at]) => (to.get(id) ?? Number.NaN) - at);
}
