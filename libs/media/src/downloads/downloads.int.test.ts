import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { MEDIA_PATH } from '@causeway/contracts/media';
import { Postgres, sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blobNameOf } from '../blobs/blob-name.js';
import type { Blobs } from '../blobs/blobs.js';
import { begin, upload } from '../fixtures/device.js';
import type { Enlisted } from '../fixtures/enlisted.js';
import { startWorld, type World } from '../fixtures/world.js';
import { MediaObjects } from '../objects/media-objects.js';
import { Downloads } from './downloads.js';

const MEBIBYTE = 1024 * 1024;

describeWithEngine('postgres', 'public fetches of blobs', (postgresUrl) => {
  let database: TestDatabase;
  let world: World;
  let alice: Enlisted;
  const content = randomBytes(1_000);
  let reference: string;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    world = await startWorld(database);
    alice = await world.device();
    reference = await upload(world, alice, content);
  });
  afterAll(async () => {
    await world.stop();
    await database.drop();
  });

  const urlOf = (of: string) => `${world.service.url}${MEDIA_PATH}/${of}`;
  const fetchBlob = (of: string, range?: string, method = 'GET') =>
    fetch(urlOf(of), { method, headers: range === undefined ? {} : { range } });
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

  it('give the whole blob as bytes that nobody interprets or keeps', async () => {
    const response = await fetchBlob(reference);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      'content-length': '1000',
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  it('answer HEAD with the same headers and no body', async () => {
    const response = await fetchBlob(reference, 'bytes=0-1', 'HEAD');
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '1000']);
    expect(await response.text()).toBe('');
    expect((await fetchBlob('A'.repeat(43), undefined, 'HEAD')).status).toBe(404);
  });

  it('give one range', async () => {
    const response = await fetchBlob(reference, 'bytes=10-19');
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 10-19/1000']);
    expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(10, 20))).toBe(true);
    const last = await fetchBlob(reference, 'bytes=-1');
    expect(Buffer.from(await last.arrayBuffer()).equals(content.subarray(999))).toBe(true);
  });

  it('ignore a range that depends on a validator, which blobs do not have', async () => {
    const response = await fetch(urlOf(reference), { headers: { range: 'bytes=0-1', 'if-range': '"x"' } });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '1000']);
    await response.arrayBuffer();
  });

  it.each(['bytes=0-1,3-4', 'bytes=1000-', 'bytes=5-1', 'junk', 'bytes=a-b', 'bytes=0-0,0-0,0-0,0-0,0-0'])(
    'refuse the range %s',
    async (range) => {
      const response = await fetchBlob(reference, range);
      expect([response.status, await codeOf(response)]).toEqual([416, 'media_range_invalid']);
      expect(response.headers.get('content-range')).toBe('bytes */1000');
      expect((await fetchBlob('A'.repeat(43), range)).status).toBe(404);
    },
  );

  it.each([
    ['unknown', 'A'.repeat(43)],
    ['too short', 'A'],
    ['no reference', '%00'],
    ['a path', '..%2f..%2fetc'],
  ])('do not know a reference that is %s', async (_name, unknown) => {
    const response = await fetchBlob(unknown);
    expect([response.status, await codeOf(response)]).toEqual([404, 'media_unknown']);
  });

  it('do the same work for a known reference, an unknown one and one that is none', async () => {
    const postgres = Postgres.connect(database.urlFor('media'), {
      poolSize: 1,
      statementTimeoutMs: 10_000,
      applicationName: 'counted',
    });
    const queries: string[] = [];
    const counted = Object.assign(Object.create(postgres) as Postgres, {
      query: <Row>(statement: Parameters<Postgres['query']>[0]) => {
        queries.push(statement.text);
        return postgres.query<Row>(statement);
      },
    });
    let looks = 0;
    const blobs: Pick<Blobs, 'size'> = {
      size: (name) => {
        looks++;
        return world.blobs.size(name);
      },
    };
    const downloads = new Downloads(new MediaObjects(counted), blobs);
    const uploading = (await begin(world, alice)).headers.get('causeway-media-reference') ?? '';
    const work = async (of: string) => {
      queries.length = looks = 0;
      const found = (await downloads.find(of)) !== undefined;
      return { found, work: [...queries, looks] };
    };
    const known = await work(reference);
    expect(known.found).toBe(true);
    for (const other of ['A'.repeat(43), 'x', '', 'a\0b', uploading]) {
      expect(await work(other)).toEqual({ found: false, work: known.work });
    }
    await postgres.close();
  });

  it('end with the retention of the profile', async () => {
    const mine = await upload(world, alice, randomBytes(100));
    const [row] = await world.admin.query<{ days: number }>(
      sql`select extract(day from expires_at - now())::int as days from media.objects where reference = ${mine}`,
    );
    expect(row?.days).toBe(29);
    await world.admin.query(sql`update media.objects set expires_at = now() where reference = ${mine}`);
    expect((await fetchBlob(mine)).status).toBe(404);
  });

  it('do not know a blob whose bytes are gone or fewer', async () => {
    const mine = await upload(world, alice, randomBytes(100));
    await world.blobs.remove(blobNameOf(mine));
    expect((await fetchBlob(mine)).status).toBe(404);
  });

  it('hold no more of a large blob than its slow reader takes', async () => {
    const size = 64 * MEBIBYTE;
    const large = await upload(world, alice, randomBytes(size), { chunkSize: size });
    const passed = async () =>
      Number(/media_bytes_total\{way="fetch"[^}]*\} (\d+)/.exec(await metrics())?.[1] ?? 0);
    const before = await passed();
    const response = await open(urlOf(large));
    const rss = process.memoryUsage.rss();
    response.pause();
    const readAhead = await settled(async () => (await passed()) - before);
    // What the kernel buffers between the two sockets counts too.
    expect(readAhead).toBeLessThan(24 * MEBIBYTE);
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).byteLength;
    expect(received).toBe(size);
    expect(process.memoryUsage.rss() - rss).toBeLessThan(64 * MEBIBYTE);
  });

  it('let go of a blob whose reader leaves', async () => {
    const large = await upload(world, alice, randomBytes(32 * MEBIBYTE));
    const response = await open(urlOf(large));
    response.destroy();
    await eventually(async () => expect(await metrics()).toMatch(/media_transfers\{way="fetch"[^}]*\} 0/));
  });

  async function metrics(): Promise<string> {
    return (await fetch(`${world.service.url}/metrics`)).text();
  }
});

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, resolve).on('error', reject));
}

/** The value once it has stopped changing. */
async function settled(read: () => Promise<number>): Promise<number> {
  let last = -1;
  let same = 0;
  return eventually(async () => {
    const value = await read();
    same = value === last && value > 0 ? same + 1 : 0;
    last = value;
    expect(same).toBeGreaterThan(10);
    return value;
  });
}
