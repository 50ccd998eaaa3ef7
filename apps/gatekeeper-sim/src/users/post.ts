import type { Node } from '../seam.js';
import type { PhoneContext } from './phone-context.js';
import { PhoneError } from './phone-errors.js';

/** Hands a stanza to an account. Throws PhoneError `unknown_recipient`, or `undeliverable` when the gatekeeper takes no more for it. */
export function post(
  { switchboard }: Pick<PhoneContext, 'switchboard'>,
  account: string,
  stanza: Node,
): void {
  let taken;
  try {
    taken = switchboard.deliver(account, stanza);
  } catch {
    throw new PhoneError('undeliverable', 'The gatekeeper takes no more for the recipient.');
  }
  if (taken === 'unknown-account') {
    throw new PhoneError('unknown_recipient', 'The recipient is no longer an account.');
  }
}

/** Hands a receipt to an account. One that cannot be delivered is noted; what it answers is handled all the same. */
export function answer(phone: PhoneContext, account: string, receipt: Node): void {
  try {
    post(phone, account, receipt);
  } catch (error) {
    const code = error instanceof PhoneError ? error.code : 'undeliverable';
    phone.refuse(code, { id: receipt.attrs.id, from: account });
  }
}
