import type { EnlistedKeys } from '../accounts/account.js';

export interface EnlistmentForm {
  readonly keyType: number;
  readonly keys: EnlistedKeys;
  readonly token: string;
}

/** Binary fields and their exact lengths in bytes; on the wire unpadded base64url. */
const lengths = {
  authkey: 32,
  e_keytype: 1,
  e_regid: 4,
  e_ident: 32,
  e_skey_id: 3,
  e_skey_val: 32,
  e_skey_sig: 64,
} as const;

/** Reads the form of an enlistment; the name of the first field that is missing or malformed otherwise. */
export function readForm(body: string): EnlistmentForm | { readonly malformed: string } {
  const form = new URLSearchParams(body);
  const fields = new Map<string, Buffer>();
  for (const [name, length] of Object.entries(lengths)) {
    const values = form.getAll(name);
    const bytes = Buffer.from(values[0] ?? '', 'base64url');
    const exact = values.length === 1 && bytes.length === length && bytes.toString('base64url') === values[0];
    if (!exact) return { malformed: name };
    fields.set(name, bytes);
  }
  const tokens = form.getAll('token');
  if (tokens.length !== 1 || tokens[0] === '') return { malformed: 'token' };
  const field = (name: keyof typeof lengths) => fields.get(name) as Buffer;
  return {
    keyType: field('e_keytype').readUInt8(),
    token: tokens[0] as string,
    keys: {
      authKey: Uint8Array.from(field('authkey')),
      registrationId: field('e_regid').readUInt32BE(),
      identityKey: Uint8Array.from(field('e_ident')),
      signedPreKey: {
        id: field('e_skey_id').readUIntBE(0, 3),
        key: Uint8Array.from(field('e_skey_val')),
        signature: Uint8Array.from(field('e_skey_sig')),
      },
    },
  };
}
