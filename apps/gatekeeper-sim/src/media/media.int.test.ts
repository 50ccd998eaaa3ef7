import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../fixtures/world.js';

let world: World;

beforeAll(async () => {
  const limits = { outboundTimeoutMs: 1500, mediaBytes: 1000, mediaTotalBytes: 2500 };
  world = await startWorld({ limits });
});
afterAll(() => world.stop());

const get = (path: string) => fetch(world.simulator.endpoints.media + path, { redirect: 'manual' });
const lastFetch = () => world.simulator.control.server.records().mediaFetches.at(-1);

describe('own media host', () => {
  it('serves what a user uploaded, with type and length', async () => {
    const { switchboard } = world.simulator;
    const { directPath, url } = switchboard.mediaUpload(Uint8Array.of(1, 2, 3), 'image/jpeg');
    expect(directPath).toMatch(/^\/v\/t/);
    const reply = await fetch(`${url}?mms-type=image`);
    expect([...new Uint8Array(await reply.arrayBuffer())]).toEqual([1, 2, 3]);
    expect(reply.headers.get('content-type')).toBe('image/jpeg');
    expect(reply.headers.get('content-length')).toBe('3');
    expect(await switchboard.mediaDownload(directPath)).toEqual(Uint8Array.of(1, 2, 3));
    expect((await get('/v/t62.7118-24/nothing')).status).toBe(404);
  });

  it('refuses a blob beyond the limit and makes room by dropping the oldest', async () => {
    const { switchboard } = world.simulator;
    expect(() => switchboard.mediaUpload(new Uint8Array(1001), 'x/y')).toThrow(
      expect.objectContaining({ code: 'media_too_large' }),
    );
    const paths = [1, 2, 3].map(() => switchboard.mediaUpload(new Uint8Array(1000), 'x/y').directPath);
    const statuses = await Promise.all(paths.map(async (path) => (await get(path)).status));
    expect(statuses).toEqual([404, 200, 200]);
  });
});

describe('media proxy', () => {
  const path = (reference: string, integrator = 12) =>
    `/interop/whatsapp/download/${integrator}/${reference}/`;

  it("relays the partner's bytes and records the fetch", async () => {
    world.partner.media.set('ref-1', Uint8Array.of(9, 8));
    const reply = await get(path('ref-1'));
    expect(reply.status).toBe(200);
    expect([...new Uint8Array(await reply.arrayBuffer())]).toEqual([9, 8]);
    expect(lastFetch()).toMatchObject({ reference: 'ref-1', outcome: 200, bytes: 2 });
    expect(Uint8Array.from(await world.simulator.switchboard.mediaDownload(path('ref-1')))).toEqual(
      Uint8Array.of(9, 8),
    );
  });

  it.each([
    ['an unknown reference', path('nobody'), 404],
    ['another integrator', path('ref-1', 13), 404],
    ['no slash at the end', path('ref-1').slice(0, -1), 404],
    ['a reference that is a path', path('a%2Fb'), 404],
    ['a reference that climbs', '/interop/whatsapp/download/12/..%2F..%2Fjwks/', 404],
    ['a path of its own', '/interop/whatsapp/download/', 404],
  ])('answers to %s', async (_name, given, status) => {
    expect((await get(given)).status).toBe(status);
  });

  it('gives up on too much, on silence and on failure', async () => {
    world.partner.media.set('large', new Uint8Array(1001));
    expect((await get(path('large'))).status).toBe(413);
    world.partner.silent = true;
    expect((await get(path('ref-1'))).status).toBe(502);
    expect(lastFetch()?.outcome).toBe('failed');
    world.partner.silent = false;
    await expect(world.simulator.switchboard.mediaDownload(path('nobody'))).rejects.toMatchObject({
      code: 'media_unknown',
    });
  });
});
