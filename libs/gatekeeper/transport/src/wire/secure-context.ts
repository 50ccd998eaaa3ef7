import { createSecureContext, type SecureContext } from 'node:tls';

const contexts = new Map<string, SecureContext>();
/** A process has a few profiles; what is beyond is not remembered. */
const maxContexts = 64;

/**
 * The TLS settings of all connections to one kind of server. Made anew for each connection, as Node does by default, they
 * would cost it some 40 KiB and a third of a millisecond.
 *
 * @param ca PEM of the authorities to believe; absent: those of the system
 */
export function secureContextOf(ca?: string): SecureContext {
  const key = ca ?? '';
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = createSecureContext({ minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) });
  if (contexts.size < maxContexts) contexts.set(key, context);
  return context;
}
