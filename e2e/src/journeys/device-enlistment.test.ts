import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BareUser, newPublicKeys, type PublicKeys } from '../checks/bare-user.js';
import { startColumn, type Column, type ColumnName } from '../column/column.js';
import { describeColumn } from '../column/describe-column.js';

const runs: readonly { column: ColumnName; portBase: number }[] = [
  { column: 'embedded', portBase: 8900 },
  { column: 'production', portBase: 8930 },
];

const base64url = (text: string) => Buffer.from(text, 'base64').toString('base64url');

/** The annex's form as a device fills it in. */
function formOf(keys: PublicKeys, noisePublicKey: string, token: string): URLSearchParams {
  const number = (value: number, bytes: number) => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, 0, bytes);
    return buffer.toString('base64url');
  };
  return new URLSearchParams({
    authkey: base64url(noisePublicKey),
    e_keytype: Buffer.of(5).toString('base64url'),
    e_regid: number(keys.registrationId, 4),
    e_ident: base64url(keys.identityKey),
    e_skey_id: number(keys.signedPreKey.id, 3),
    e_skey_val: base64url(keys.signedPreKey.key),
    e_skey_sig: base64url(keys.signedPreKey.signature),
    token,
  });
}

for (const { column: name, portBase } of runs) {
  describeColumn(name, 'devices that speak the gatekeeper’s protocol themselves', (engines) => {
    let column: Column;

    beforeAll(async () => {
      column = await startColumn(name, engines, { portBase, custody: 'gatekeeper' });
    });
    afterAll(() => column?.stop());

    it.each(['tunnel', 'direct'])('enlist themselves with the simulator (%s)', async (mode) => {
      const keys = newPublicKeys();
      const user = await BareUser.register(column.endpoints, keys);
      const jwk = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
      const noisePublicKey = Buffer.from(jwk.x ?? '', 'base64url').toString('base64');
      const optIn = await user.optIn({ connection: { mode, noisePublicKey } });
      expect(optIn).toMatchObject({ status: 200, body: { state: 'enlisting' } });
      const { body: granted } = await user.optIns('POST', undefined, '/enlistment');
      const form = formOf(keys, noisePublicKey, String(granted['token']));
      const posted = await fetch(String(granted['url']), { method: 'POST', body: form });
      const answer = (await posted.json()) as object;
      expect(answer).toEqual({ status: 'ok', login: expect.stringMatching(/^7-\d+@interop$/) });
      const reported = await user.optIns('PUT', answer, '/enlistment');
      expect(reported).toMatchObject({ status: 200, body: { state: 'enlisted' } });
    });
  });
}
