import { EnlistmentReport, type OptInResponse } from '@causeway/contracts/accounts';
import { request } from 'undici';
import { readJson } from '../api/http-client.js';
import { loginOf, openChannel, type ChatSocketParts } from './chat-socket.js';
import { ChatError } from './chat-error.js';
import { removal } from './stanzas.js';

const timeoutMs = 15_000;

/**
 * Posts the gatekeeper's enlistment form (technical annex: unpadded base64url) and reports the answer.
 * @throws ApiError, ChatError `chat_unreachable`
 */
export async function enlist(parts: ChatSocketParts): Promise<OptInResponse> {
  const { accounts, deviceId, gatekeeper, keys, noiseKey } = parts;
  const { url, token } = await accounts.enlistmentToken(deviceId, gatekeeper);
  const { registrationId, publicKey } = keys.identity();
  const signed = keys.signedPreKey();
  const form = new URLSearchParams({
    authkey: base64url(Buffer.from(noiseKey.publicKey(), 'base64')),
    e_keytype: base64url(Buffer.of(5)),
    e_regid: base64url(number(registrationId, 4)),
    e_ident: base64url(publicKey),
    e_skey_id: base64url(number(signed.id, 3)),
    e_skey_val: base64url(signed.publicKey),
    e_skey_sig: base64url(signed.signature),
    token,
  });
  return accounts.reportEnlistment(deviceId, gatekeeper, await post(url, form));
}

/**
 * Has the gatekeeper delete the account, on a login that does nothing else, and reports it.
 * @throws ApiError, ChatError
 */
export async function leave(parts: ChatSocketParts): Promise<OptInResponse> {
  const { accounts, deviceId, gatekeeper } = parts;
  const { login } = await loginOf(parts, 'deletion');
  const outcome = await remove(parts, login).catch((error: unknown) => {
    // An earlier request was carried out, and its confirmation lost.
    const gone = error instanceof ChatError && error.code === 'login_refused' && error.reason === '415';
    if (gone) return 'account_unknown' as const;
    throw error;
  });
  return accounts.reportDeletion(deviceId, gatekeeper, outcome);
}

async function remove(parts: ChatSocketParts, login: Parameters<typeof openChannel>[1]): Promise<'deleted'> {
  const nothing = () => undefined;
  const channel = await openChannel(parts, login, { onStanza: nothing, onEnd: nothing });
  try {
    await channel.query(removal());
    return 'deleted';
  } finally {
    channel.close();
  }
}

async function post(url: string, form: URLSearchParams): Promise<EnlistmentReport> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const report = EnlistmentReport.safeParse(await readJson(response.body));
  if (!report.success) throw new ChatError('chat_unreachable', String(response.statusCode));
  return report.data;
}

function base64url(value: Uint8Array): string {
  return Buffer.from(value).toString('base64url');
}

function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
