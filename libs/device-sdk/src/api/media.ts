import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { MEDIA_REFERENCE_HEADER, RELAY_PATH, UPLOADS_PATH } from '@causeway/contracts/media';
import { DetailedError, Upload } from 'tus-js-client';
import { request } from 'undici';
import { ApiError } from './errors.js';
import { problemOf } from './http-client.js';
import type { AccessToken } from './http-client.js';

const timeoutMs = 30_000;
const retryDelays = [200, 1_000, 3_000];
const maxProblemBytes = 4_096;

/** Client of the media service: uploads of encrypted files, and the relay of the gatekeeper's. */
export class MediaClient {
  constructor(
    private readonly accessToken: AccessToken,
    private readonly base: string,
    private readonly gatekeeper: string,
  ) {}

  /**
   * Uploads an encrypted file, going on where a broken connection ended.
   * @param sha256 hash of the whole blob
   * @returns the reference under which the gatekeeper can fetch it
   * @throws ApiError
   */
  async upload(deviceId: string, file: string, sha256: Uint8Array): Promise<string> {
    const { size } = await stat(file);
    let reference: string | undefined;
    await new Promise<void>((resolve, reject) => {
      const upload = new Upload(createReadStream(file), {
        endpoint: `${this.base}${UPLOADS_PATH}`,
        uploadSize: size,
        metadata: {
          device: deviceId,
          gatekeeper: this.gatekeeper,
          sha256: Buffer.from(sha256).toString('base64'),
        },
        retryDelays,
        storeFingerprintForResuming: false,
        onBeforeRequest: async (call) =>
          call.setHeader('Authorization', `Bearer ${await this.accessToken()}`),
        onAfterResponse: (_call, response) => {
          reference ??= response.getHeader(MEDIA_REFERENCE_HEADER);
        },
        onSuccess: () => resolve(),
        onError: (error) => reject(uploadError(error)),
      });
      upload.start();
    });
    if (reference === undefined) throw new ApiError('api_response_invalid', 0);
    return reference;
  }

  /**
   * Fetches one of the gatekeeper's encrypted files through the provider.
   * @param size how many bytes it must have; one more ends the transfer
   * @throws ApiError
   */
  async download(deviceId: string, path: string, target: string, size: number): Promise<void> {
    const query = new URLSearchParams({ device: deviceId, path });
    const url = `${this.base}${RELAY_PATH}/${this.gatekeeper}?${query}`;
    try {
      const response = await request(url, {
        headers: { authorization: `Bearer ${await this.accessToken()}` },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      if (response.statusCode !== 200) {
        const text = await firstBytes(response.body);
        throw problemOf(response.statusCode, response.headers['retry-after'], jsonOf(text));
      }
      const sink = createWriteStream(target, { mode: 0o600 });
      await pipeline(response.body, (chunks: AsyncIterable<Buffer>) => bounded(chunks, size), sink);
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError('api_unreachable', 0);
    }
  }
}

async function* bounded(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > size) throw new ApiError('api_response_invalid', 200);
    yield chunk;
  }
}

async function firstBytes(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = Buffer.alloc(0);
  for await (const chunk of chunks) {
    text = Buffer.concat([text, chunk]);
    if (text.byteLength > maxProblemBytes) break;
  }
  return text.toString('utf8');
}

function uploadError(error: Error): ApiError {
  const response = error instanceof DetailedError ? error.originalResponse : null;
  if (!response) return new ApiError('api_unreachable', 0);
  return problemOf(response.getStatus(), response.getHeader('retry-after'), jsonOf(response.getBody()));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
