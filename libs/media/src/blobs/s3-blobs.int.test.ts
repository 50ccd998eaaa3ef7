import { randomBytes } from 'node:crypto';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createTestAuthority, describeWithEngine, eventually } from '@causeway/testing';
import { expect, it } from 'vitest';
import { blobsConformance, bytes, newName } from '../fixtures/blobs-conformance.js';
import { openBlobs } from './open-blobs.js';
import { S3Blobs } from './s3-blobs.js';
import { S3Bucket } from './s3-bucket.js';

describeWithEngine('s3', 'blobs in a bucket', ({ endpoint, region, accessKey, secretKey }) => {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const address = (bucket: string) =>
    ({ kind: 's3', bucket, region, endpoint, pathStyle: true, credentials }) as const;
  const bucket = `media-${randomBytes(6).toString('hex')}`;
  const makeBucket = async () => {
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  };

  blobsConformance(async () => {
    await makeBucket();
    // Small parts, so that the blobs of the suite have several.
    const blobs = new S3Blobs(new S3Bucket(address(bucket)), 1_000_000);
    return { blobs, close: async () => blobs.close() };
  });

  it('are kept over TLS by a store of the authority that is given then, and of no other', async () => {
    const [ours, foreign] = [createTestAuthority(), createTestAuthority('Foreign')];
    const { certificate: cert, key } = ours.issue('s3');
    const store = new URL(endpoint);
    const sockets = new Set<Socket>();
    const server = createTlsServer({ cert, key }, (socket) => {
      sockets.add(socket);
      const onward = connect(Number(store.port), store.hostname);
      pipeline(socket, onward, socket, () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const secure = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let ca: string | undefined = ours.ca;
    const blobs = await openBlobs({ ...address(bucket), endpoint: secure }, () => ca);
    const name = newName();
    await blobs.append(name, 0, bytes(1, 2, 3));
    expect(await blobs.size(name)).toBe(3);
    for (const other of [foreign.ca, undefined]) {
      ca = other;
      sockets.forEach((socket) => socket.destroy());
      await eventually(() => expect(blobs.size(name)).rejects.toMatchObject({ code: 'blob_store_failed' }));
    }
    await blobs.close();
    server.close();
  });

  it('lose nothing when two write at once: one of them is told', async () => {
    const blobs = await openBlobs(address(bucket));
    const name = newName();
    const results = await Promise.allSettled([
      blobs.append(name, 0, bytes(1, 1, 1)),
      blobs.append(name, 0, bytes(2, 2)),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const size = (await blobs.size(name)) ?? 0;
    const stored = [...(await buffer(blobs.read(name, { start: 0, end: size - 1 })))];
    expect([
      [1, 1, 1],
      [2, 2],
    ]).toContainEqual(stored);
    blobs.close();
  });

  it('fail with one error when the store cannot be reached', async () => {
    const blobs = await openBlobs({ ...address(bucket), endpoint: 'http://127.0.0.1:1' });
    const failed = { code: 'blob_store_failed' };
    await expect(blobs.size('abcdefgh')).rejects.toMatchObject(failed);
    await expect(blobs.append('abcdefgh', 0, bytes(1))).rejects.toMatchObject(failed);
    await expect(blobs.remove('abcdefgh')).rejects.toMatchObject(failed);
    await expect(buffer(blobs.read('abcdefgh', { start: 0, end: 1 }))).rejects.toMatchObject(failed);
    blobs.close();
  });
});
