import { type ConnectReason, encodeClientPayload, Product } from '@causeway/content';

/** What the last handshake message tells the gatekeeper about this login. */
export interface LoginPayload {
  /** The number of the login address `{integrator}-{number}@interop`. */
  readonly accountId: bigint;
  /** The user token, as bytes or as the text of a JWT. */
  readonly token: Uint8Array | string;
  readonly enableReadReceipts: boolean;
  readonly connectReason: ConnectReason;
  /** Log in without delivery until `<active/>`. */
  readonly passive: boolean;
  /** The backlog comes in batches that the client asks for. */
  readonly pull: boolean;
  /** INTEROP when absent. */
  readonly product?: Product;
}

/** @throws ContentError when a value does not fit its field */
export function loginPayloadBytes(login: LoginPayload): Uint8Array {
  const { accountId, enableReadReceipts, connectReason, passive, pull } = login;
  const token = typeof login.token === 'string' ? new TextEncoder().encode(login.token) : login.token;
  return encodeClientPayload({
    product: login.product ?? Product.INTEROP,
    passive,
    pull,
    connectReason,
    interopData: { accountId, token, enableReadReceipts },
  });
}
