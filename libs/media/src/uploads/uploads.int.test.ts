import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { MEDIA_PATH, MEDIA_REFERENCE_HEADER } from '@causeway/contracts/media';
import { sql } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { DetailedError } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobNameOf } from '../blobs/blob-name.js';
import { begin, resume, sha256Of, upload } from '../fixtures/device.js';
import { objectStates } from '../fixtures/database.js';
import type { Enlisted } from '../fixtures/enlisted.js';
import { MAX_BYTES, startWorld, type World } from '../fixtures/world.js';

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describeWithEngine('postgres', 'uploads', (postgresUrl) => {
  let database: TestDatabase;
  let world: World;
  let alice: Enlisted;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    world = await startWorld(database);
    alice = await world.device();
  });
  afterAll(async () => {
    await world.stop();
    await database.drop();
  });

  const fetchBlob = (reference: string) => fetch(`${world.service.url}${MEDIA_PATH}/${reference}`);
  const referenceOf = (response: Response) => response.headers.get(MEDIA_REFERENCE_HEADER) ?? '';

  it('become readable under their reference once complete', async () => {
    const content = randomBytes(300_000);
    const reference = await upload(world, alice, content);
    expect(reference).toMatch(/^[\w-]{43}$/);
    const response = await fetchBlob(reference);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    expect(await world.blobs.size(blobNameOf(reference))).toBe(content.byteLength);
  });

  it('may come in chunks, and are unreadable before the last', async () => {
    const content = randomBytes(50_000);
    const before: number[] = [];
    const reference = await upload(world, alice, content, {
      chunkSize: 20_000,
      onChunkComplete: (_size, accepted, total) => void (accepted < (total ?? 0) && before.push(accepted)),
    });
    expect(before).toEqual([20_000, 40_000]);
    expect((await fetchBlob(reference)).status).toBe(200);

    const partial = await begin(world, alice, { metadata: { sha256: sha256Of(content) }, length: 50_000 });
    const later = referenceOf(partial);
    await resume(world, alice.token, later, 'PATCH', {
      offset: 0,
      body: Buffer.from(content.subarray(0, 49_999)),
    });
    expect((await fetchBlob(later)).status).toBe(404);
    await resume(world, alice.token, later, 'PATCH', {
      offset: 49_999,
      body: Buffer.from(content.subarray(49_999)),
    });
    expect((await fetchBlob(later)).status).toBe(200);
  });

  it('whose bytes are not the announced ones are refused and deleted', async () => {
    const bob = await world.device();
    const metadata = {
      device: bob.deviceId,
      gatekeeper: 'simulator',
      sha256: sha256Of(Buffer.from('other')),
    };
    let reference = '';
    const failure = await upload(world, bob, randomBytes(1_000), {
      metadata,
      onAfterResponse: (_request, response) => {
        reference = response.getHeader(MEDIA_REFERENCE_HEADER) ?? reference;
      },
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DetailedError);
    const { originalResponse } = failure as DetailedError;
    expect(originalResponse?.getStatus()).toBe(422);
    expect(originalResponse?.getHeader('content-type')).toContain('application/problem+json');
    expect(JSON.parse(originalResponse?.getBody() ?? '')).toMatchObject({ code: 'media_hash_wrong' });
    expect((await fetchBlob(reference)).status).toBe(404);
    await eventually(async () => {
      expect(await objectStates(world.admin, bob.deviceId)).toEqual([]);
      expect(await world.blobs.size(blobNameOf(reference))).toBeUndefined();
    });
  });

  it('whose last answer was lost are completed when the device asks where it stands', async () => {
    const content = randomBytes(5_000);
    const begun = await begin(world, alice, { metadata: { sha256: sha256Of(content) }, length: 5_000 });
    const reference = referenceOf(begun);
    // What a process leaves that dies after the last byte.
    await world.blobs.append(blobNameOf(reference), 0, Readable.from(content, { objectMode: false }));
    expect((await fetchBlob(reference)).status).toBe(404);
    const head = await resume(world, alice.token, reference, 'HEAD');
    expect([head.status, head.headers.get('upload-offset')]).toEqual([200, '5000']);
    expect((await fetchBlob(reference)).status).toBe(200);
  });

  it('go on where a broken connection ended', async () => {
    const content = randomBytes(400_000);
    const begun = await begin(world, alice, { metadata: { sha256: sha256Of(content) }, length: 400_000 });
    const reference = referenceOf(begun);
    const cut = new AbortController();
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(content.subarray(0, 150_000));
        await eventually(async () => expect(await world.blobs.size(blobNameOf(reference))).toBe(150_000));
        cut.abort();
      },
    });
    const url = `${world.service.url}/v1/uploads/${reference}`;
    const headers = {
      authorization: `Bearer ${alice.token}`,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    };
    const init = { method: 'PATCH', headers, body, duplex: 'half' as const, signal: cut.signal };
    await expect(fetch(url, init)).rejects.toThrow();
    const head = await resume(world, alice.token, reference, 'HEAD');
    expect(head.headers.get('upload-offset')).toBe('150000');
    const rest = { offset: 150_000, body: Buffer.from(content.subarray(150_000)) };
    const last = await resume(world, alice.token, reference, 'PATCH', rest);
    expect([last.status, last.headers.get('upload-offset')]).toEqual([204, '400000']);
    const response = await fetchBlob(reference);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  describe('are refused before any byte', () => {
    it.each<[string, number, string, (other: Enlisted) => Parameters<typeof begin>[2]]>([
      ['without a token', 401, 'unauthenticated', () => ({ token: 'x' })],
      [
        'for the device of somebody else',
        404,
        'media_device_unknown',
        (other) => ({ metadata: { device: other.deviceId } }),
      ],
      [
        'for a gatekeeper without opt-in',
        403,
        'media_not_enlisted',
        () => ({ metadata: { gatekeeper: 'whatsapp' } }),
      ],
      ['larger than the profile allows', 413, 'media_too_large', () => ({ length: MAX_BYTES + 1 })],
      ['of no byte', 400, 'media_metadata_invalid', () => ({ length: 0 })],
      ['without a device', 400, 'media_metadata_invalid', () => ({ metadata: { device: '' } })],
      [
        'with a hash that is none',
        400,
        'media_metadata_invalid',
        () => ({ metadata: { sha256: 'A'.repeat(44) } }),
      ],
      ['of a length that is none', 400, 'malformed_request', () => ({ length: '1e3' })],
    ])('%s', async (_name, status, code, raw) => {
      const me = await world.device();
      const response = await begin(world, me, raw(alice));
      expect([response.status, await codeOf(response)]).toEqual([status, code]);
      expect(await objectStates(world.admin, me.deviceId)).toEqual([]);
    });

    it.each(['consented', 'suspended', 'deleting', 'lapsed'])('by a user who is %s', async (state) => {
      const response = await begin(world, await world.device(state));
      expect(await codeOf(response)).toBe('media_not_enlisted');
    });
  });

  it('keep to their announced size', async () => {
    const begun = await begin(world, alice, { length: 10 });
    const response = await resume(world, alice.token, referenceOf(begun), 'PATCH', {
      offset: 0,
      body: Buffer.alloc(11),
    });
    expect([response.status, await codeOf(response)]).toEqual([413, 'media_too_large']);
    expect((await world.blobs.size(blobNameOf(referenceOf(begun)))) ?? 0).toBeLessThanOrEqual(10);
  });

  it('belong to their device: to others they are as unknown as one that never was', async () => {
    const eve = await world.device();
    const reference = referenceOf(await begin(world, alice, { length: 10 }));
    const unknown = randomBytes(32).toString('base64url');
    const chunk = { offset: 0, body: Buffer.alloc(10) };
    for (const id of [reference, unknown, 'x', '..%2f..']) {
      expect((await resume(world, eve.token, id, 'HEAD')).status).toBe(404);
      const patched = await resume(world, eve.token, id, 'PATCH', chunk);
      expect([patched.status, await codeOf(patched)]).toEqual([404, 'media_unknown']);
      expect((await resume(world, eve.token, id, 'DELETE')).status).toBe(404);
    }
    expect((await resume(world, alice.token, reference, 'HEAD')).status).toBe(200);
  });

  it('at a wrong offset are told to look', async () => {
    const reference = referenceOf(await begin(world, alice, { length: 10 }));
    const response = await resume(world, alice.token, reference, 'PATCH', {
      offset: 4,
      body: Buffer.alloc(2),
    });
    expect([response.status, await codeOf(response)]).toEqual([409, 'conflict']);
  });

  it('of one device are bounded in number and bytes; a cancelled one makes room', async () => {
    const carol = await world.device();
    const begun: string[] = [];
    for (let i = 0; i < 16; i++) begun.push(referenceOf(await begin(world, carol)));
    const refused = await begin(world, carol);
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await resume(world, carol.token, begun[0] ?? '', 'DELETE')).status).toBe(204);
    expect((await begin(world, carol)).status).toBe(201);

    const dave = await world.device();
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7].map(() => begin(world, dave, { length: MAX_BYTES })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
  });

  it('that were deleted while they came in leave nothing behind', async () => {
    const frank = await world.device();
    const reference = referenceOf(await begin(world, frank, { length: 1_000 }));
    await resume(world, frank.token, reference, 'PATCH', { offset: 0, body: Buffer.alloc(10) });
    const { sender, started } = slowPatch(world, frank, reference);
    await started;
    await world.admin
      .query(sql`update media.objects set state = 'deleted', expires_at = now() + interval '1 hour'
      where reference = ${reference}`);
    const response = await sender.finish();
    expect([response.status, await codeOf(response)]).toEqual([404, 'media_unknown']);
    expect(await world.blobs.size(blobNameOf(reference))).toBeUndefined();
  });

  it('of a user who left before the last byte are not published', async () => {
    const gina = await world.device();
    const content = randomBytes(100);
    const begun = await begin(world, gina, { metadata: { sha256: sha256Of(content) }, length: 100 });
    await world.admin.query(
      sql`update accounts.opt_ins set state = 'deleting' where id = ${gina.optInId}::uuid`,
    );
    const response = await resume(world, gina.token, referenceOf(begun), 'PATCH', {
      offset: 0,
      body: Buffer.from(content),
    });
    expect([response.status, await codeOf(response)]).toEqual([403, 'media_not_enlisted']);
    expect((await fetchBlob(referenceOf(begun))).status).toBe(404);
  });

  it('leave no identifier in logs and metrics', async () => {
    const content = randomBytes(10);
    const reference = await upload(world, alice, content);
    await begin(world, alice, { length: MAX_BYTES + 1 });
    const metrics = await (await fetch(`${world.service.url}/metrics`)).text();
    expect(metrics).toContain('causeway_media_uploads_total{outcome="ready"');
    for (const secret of [
      reference,
      blobNameOf(reference),
      alice.deviceId,
      alice.userId,
      alice.subject,
      alice.token,
    ]) {
      expect(world.logs()).not.toContain(secret);
      expect(metrics).not.toContain(secret);
    }
  });
});

/** A PATCH whose body goes on when it is told to. */
function slowPatch(world: World, { token }: Enlisted, reference: string) {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let begun: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.alloc(100));
      const name = blobNameOf(reference);
      await eventually(async () => expect(await world.blobs.size(name)).toBe(110));
      begun();
      await finished;
      controller.close();
    },
  });
  const response = fetch(`${world.service.url}/v1/uploads/${reference}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${token}`,
      'tus-resumable': '1.0.0',
      'upload-offset': '10',
      'content-type': 'application/offset+octet-stream',
    },
    body,
    duplex: 'half',
  });
  const sender = {
    finish: () => {
      finish();
      return response;
    },
  };
  return { sender, started };
}
