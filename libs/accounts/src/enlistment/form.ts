import type { EnlistmentKeys } from '@causeway/contracts/keys';

/** What a user is enlisted with. */
export interface EnlistmentDetails {
  readonly keys: EnlistmentKeys;
  /** Public Noise static key of the session, 32 bytes: authenticates later logins. */
  readonly noisePublicKey: Uint8Array;
  readonly token: string;
}

/** A key or signature has not the length that the gatekeeper's form prescribes. */
export class EnlistmentFormInvalid extends Error {
  override readonly name = 'EnlistmentFormInvalid';
  readonly code = 'enlistment_form_invalid';

  constructor(field: string) {
    super(`field ${field} has not its length`);
  }
}

const CURVE_25519 = 0x05;

/**
 * The form of the gatekeeper's enlistment (technical annex of the Reference Offer, "Enlistment"): form-urlencoded,
 * binary values in unpadded base64url, numbers big-endian, in the annex's order.
 * @throws {EnlistmentFormInvalid}
 */
export function enlistmentForm({ keys, noisePublicKey, token }: EnlistmentDetails): string {
  const { registrationId, identityKey, signedPreKey } = keys;
  const fields: readonly (readonly [name: string, bytes: Buffer, length: number])[] = [
    ['authkey', Buffer.from(noisePublicKey), 32],
    ['e_keytype', Buffer.of(CURVE_25519), 1],
    ['e_regid', bigEndian(registrationId, 4), 4],
    ['e_ident', Buffer.from(identityKey, 'base64'), 32],
    ['e_skey_id', bigEndian(signedPreKey.id, 3), 3],
    ['e_skey_val', Buffer.from(signedPreKey.key, 'base64'), 32],
    ['e_skey_sig', Buffer.from(signedPreKey.signature, 'base64'), 64],
  ];
  const form = new URLSearchParams();
  for (const [name, bytes, length] of fields) {
    if (bytes.length !== length) throw new EnlistmentFormInvalid(name);
    form.set(name, bytes.toString('base64url'));
  }
  form.set('token', token);
  return form.toString();
}

/** A number that does not fit is left empty, which the length check refuses. */
function bigEndian(value: number, length: number): Buffer {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length)) return Buffer.alloc(0);
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}
