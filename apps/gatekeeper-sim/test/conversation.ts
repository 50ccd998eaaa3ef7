import { expect, vi } from 'vitest';
import type { Node } from '../src/seam.js';
import { PhoneUser } from '../src/users/phone-user.js';
import type { AccountDevice } from './account-device.js';
import { SmallExchange } from './small-exchange.js';

export const NOW = 1_700_000_000_000;

export interface Conversation {
  readonly exchange: SmallExchange;
  readonly phone: PhoneUser;
  readonly account: AccountDevice;
}

/** A phone `4915550001@s.whatsapp.net` and an account `1-42@interop` that have not talked yet. */
export function conversation(): Conversation {
  const exchange = new SmallExchange();
  const account = exchange.enlist('1-42@interop');
  const phone = new PhoneUser({
    number: '4915550001',
    name: 'Bob',
    switchboard: exchange,
    clock: { now: () => NOW },
  });
  exchange.register(phone);
  return { exchange, phone, account };
}

/** Waits until a value is there; fails after two seconds. */
export async function eventually<T>(value: () => T | undefined): Promise<T> {
  return vi.waitFor(
    () => {
      const found = value();
      expect(found).toBeDefined();
      return found as T;
    },
    { timeout: 2_000, interval: 2 },
  );
}

/** The n-th stanza of a kind that came to the account; receipts are told by their type, `delivered` having none. */
export function stanzaAt(account: AccountDevice, tag: string, type?: string, n = 0): Promise<Node> {
  const matches = (node: Node) =>
    node.tag === tag && (type === undefined || (node.attrs.type ?? 'delivered') === type);
  return eventually(() => account.stanzas.filter(matches)[n]);
}
