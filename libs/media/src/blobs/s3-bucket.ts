import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { BlobsAddress } from './address.js';
import { BlobError, blobError } from './blobs.errors.js';
import type { ByteRange } from './blobs.js';
import { offsetOf, type Segment } from './segments.js';
import { TrustingAgent } from './trusting-agent.js';

const CONNECT_MS = 5_000;
const IDLE_MS = 30_000;
const ATTEMPTS = 3;

/** The few calls to a bucket that blobs need. */
export class S3Bucket {
  readonly #client: S3Client;
  readonly #bucket: string;

  /** @param ca authorities of the store's certificate, asked for each new connection; those of the system by default */
  constructor(
    { bucket, region, endpoint, pathStyle, credentials }: Extract<BlobsAddress, { kind: 's3' }>,
    ca: () => string | undefined = () => undefined,
  ) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      forcePathStyle: pathStyle,
      maxAttempts: ATTEMPTS,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: IDLE_MS,
        httpsAgent: new TrustingAgent(ca),
      },
      // Stores other than Amazon's do not all know the newer checksums; the whole blob is hashed anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
    });
  }

  /** Stores an object that is not there yet. @throws {BlobError} `blob_offset_conflict` when it is */
  async putNew(key: string, body: Buffer): Promise<void> {
    const input = { Bucket: this.#bucket, Key: key, Body: body, IfNoneMatch: '*' };
    try {
      await this.#client.send(new PutObjectCommand(input));
    } catch (error) {
      throw blobError(isConflict(error) ? 'blob_offset_conflict' : 'blob_store_failed', error);
    }
  }

  /** The parts below a prefix. @throws {BlobError} `blob_too_fragmented` when there are more than `max` */
  async list(prefix: string, max: number): Promise<readonly Segment[]> {
    const segments: Segment[] = [];
    let token: string | undefined;
    do {
      const page = await this.#listPage(prefix, token);
      for (const { Key: key = '', Size: size = 0 } of page.Contents ?? []) {
        const offset = offsetOf(key);
        if (offset !== undefined) segments.push({ key, offset, size });
      }
      if (segments.length > max) throw new BlobError('blob_too_fragmented');
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return segments;
  }

  /** @throws {BlobError} `blob_missing`, `blob_store_failed` */
  async get(key: string, { start, end }: ByteRange): Promise<Readable> {
    const input = { Bucket: this.#bucket, Key: key, Range: `bytes=${start}-${end}` };
    try {
      const { Body } = await this.#client.send(new GetObjectCommand(input));
      if (Body === undefined) throw new BlobError('blob_missing');
      return Body as Readable;
    } catch (error) {
      throw blobError(isMissing(error) ? 'blob_missing' : 'blob_store_failed', error);
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
    } catch (error) {
      if (!isMissing(error)) throw blobError('blob_store_failed', error);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #listPage(prefix: string, token: string | undefined) {
    const input = { Bucket: this.#bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) };
    try {
      return await this.#client.send(new ListObjectsV2Command(input));
    } catch (error) {
      throw blobError('blob_store_failed', error);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && ['NoSuchKey', 'NotFound', 'InvalidRange'].includes(error.name);
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && ['PreconditionFailed', 'ConditionalRequestConflict'].includes(error.name);
}
