/** Codes of OpenSSL and of Node for a certificate of the other side that is not believed. */
const untrusted =
  /^(?:CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT$|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF))/;

/** Whether a call failed because the other side could not show who it is. */
export function isUntrusted(err: unknown): boolean {
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && untrusted.test(String(at.code))) return true;
  }
  return false;
}
