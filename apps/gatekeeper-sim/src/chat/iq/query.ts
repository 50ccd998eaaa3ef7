import type { Account } from '../../accounts/account.js';
import type { Exchange } from '../../exchange.js';
import type { Node } from '../../seam.js';

/** What a handler of one namespace works with. */
export interface Query {
  readonly type: 'get' | 'set';
  readonly iq: Node;
  readonly account: Account;
  readonly exchange: Exchange;
}

/** Contents of the result, or an error by its code. */
export type Answer = { readonly result: Node[] } | { readonly error: '400' | '404' | '406' };

export const badRequest: Answer = { error: '400' };
