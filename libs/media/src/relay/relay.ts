import type { Readable } from 'node:stream';
import type { Egress, EgressStream } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import type { GatekeeperProfile } from '@causeway/profiles';
import { mediaError } from '../media.errors.js';
import { guarded } from '../transfers/guarded.js';
import { relayUrl } from './relay-path.js';

/** A file of the gatekeeper's, as it comes. */
export interface RelayedFile {
  /** Bytes; absent when the gatekeeper did not say. */
  readonly bytes: number | undefined;
  /** Fails when the file comes incomplete. Must be read or destroyed. */
  readonly body: Readable;
}

/** Fetches encrypted files of one gatekeeper's users from its media host. */
export class Relay {
  constructor(
    private readonly media: GatekeeperProfile['media'],
    private readonly egress: Egress,
    private readonly clock: Clock,
  ) {}

  /**
   * @param onBytes told of every chunk that passes, in bytes
   * @throws {AppError} `relay_path_refused`, `relay_unavailable`
   */
  async fetch(path: string, onBytes: (bytes: number) => void): Promise<RelayedFile> {
    const url = relayUrl(this.media.downloadBase, path);
    const answer = await this.#request(url);
    const bytes = lengthOf(answer);
    if (answer.status !== 200 || bytes === 'refused' || (bytes ?? 0) > this.media.maxBytes) {
      answer.body.on('error', () => undefined).destroy();
      throw mediaError('relay_unavailable');
    }
    const bounds = { clock: this.clock, onBytes, ...(bytes !== undefined && { bytes }) };
    return { bytes, body: guarded(answer.body, bounds) };
  }

  /** The deadline for the head is short, that for the body long: a large file takes its time, a host that hangs does not. */
  async #request(url: URL): Promise<EgressStream> {
    const head = new AbortController();
    const timer = this.clock.setTimeout(() => head.abort(), limits.egressDeadlineMs.value);
    try {
      return await this.egress.stream(url, {
        maxBytes: this.media.maxBytes,
        deadlineMs: limits.mediaTransferMs.value,
        signal: head.signal,
      });
    } catch (cause) {
      throw mediaError('relay_unavailable', { cause });
    } finally {
      this.clock.clearTimeout(timer);
    }
  }
}

function lengthOf({ headers }: EgressStream): number | undefined | 'refused' {
  const text = headers['content-length'];
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : 'refused';
}
