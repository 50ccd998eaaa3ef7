import { createHash } from 'node:crypto';
import { JWKS_PATH } from '@causeway/contracts/webhooks';
import type { JwksFile, PublishedKeySet } from './jwks-file.js';

/**
 * The discovery document (OpenID Connect Discovery 1.0, section 3) of an issuer whose tokens only gatekeepers verify:
 * nobody logs in here, so it names no endpoint but the one of its keys.
 */
export class DiscoveryDocument {
  #of: PublishedKeySet | undefined;
  #written: { readonly body: string; readonly etag: string } | undefined;

  constructor(
    private readonly issuer: string,
    private readonly keys: Pick<JwksFile, 'read'>,
  ) {}

  /** Also answers while there are no keys: it says where they will be. Never throws. */
  async read(): Promise<{ readonly body: string; readonly etag: string }> {
    const keySet = await this.keys.read().catch(() => undefined);
    if (this.#written === undefined || keySet !== this.#of) {
      this.#of = keySet;
      this.#written = this.#write(keySet?.algorithms ?? []);
    }
    return this.#written;
  }

  #write(algorithms: readonly string[]) {
    const body = JSON.stringify({
      issuer: this.issuer,
      jwks_uri: `${this.issuer.replace(/\/$/, '')}${JWKS_PATH}`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      // The specification wants this one in it, whatever signs.
      id_token_signing_alg_values_supported: [...new Set(['RS256', ...algorithms])],
    });
    return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
  }
}
