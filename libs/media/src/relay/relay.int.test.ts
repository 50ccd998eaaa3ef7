import { randomBytes } from 'node:crypto';
import { RELAY_PATH } from '@causeway/contracts/media';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { describeWithEngine, eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Enlisted } from '../fixtures/enlisted.js';
import { MAX_BYTES, startWorld, type World } from '../fixtures/world.js';

describeWithEngine('postgres', 'the relay of the gatekeeper’s files', (postgresUrl) => {
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

  interface Asked {
    readonly device?: string;
    readonly token?: string;
    readonly gatekeeper?: string;
    readonly method?: string;
  }
  const relay = (path: string, asked: Asked = {}) => {
    const query = new URLSearchParams({ device: asked.device ?? alice.deviceId, path });
    return fetch(`${world.service.url}${RELAY_PATH}/${asked.gatekeeper ?? 'simulator'}?${query}`, {
      method: asked.method ?? 'GET',
      headers: { authorization: `Bearer ${asked.token ?? alice.token}` },
    });
  };
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

  it('streams a file, with nothing of the caller in the request', async () => {
    const content = randomBytes(200_000);
    const seen: string[] = [];
    world.mediaHost.answer = (request, response) => {
      seen.push(request.url ?? '', ...Object.keys(request.headers).sort());
      response.writeHead(200, {
        'content-type': 'text/html',
        'content-length': content.byteLength,
        'set-cookie': 'a=b',
      });
      response.end(content);
    };
    const response = await relay('/v/t62.7118-24/file?oh=1');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': '200000',
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    expect(seen).toEqual(['/v/t62.7118-24/file?oh=1', 'accept-encoding', 'connection', 'host']);
  });

  it('streams a file of unsaid length', async () => {
    world.mediaHost.answer = (_request, response) => {
      response.write('ab');
      response.end('cd');
    };
    expect(await (await relay('/v/t')).text()).toBe('abcd');
  });

  it.each<[string, number, string, (other: Enlisted) => Asked]>([
    ['without a token', 401, 'unauthenticated', () => ({ token: 'x' })],
    ['for somebody else’s device', 404, 'media_device_unknown', (other) => ({ device: other.deviceId })],
    ['for a gatekeeper without opt-in', 403, 'media_not_enlisted', () => ({ gatekeeper: 'whatsapp' })],
    ['by HEAD', 405, '', () => ({ method: 'HEAD' })],
  ])('is refused %s', async (_name, status, code, asked) => {
    world.mediaHost.asked.length = 0;
    const response = await relay('/v/t', asked(await world.device()));
    expect(response.status).toBe(status);
    if (code !== '') expect(await codeOf(response)).toBe(code);
    expect(world.mediaHost.asked).toEqual([]);
  });

  it('is refused for a user who is leaving', async () => {
    const leaving = await world.device('deleting');
    const response = await relay('/v/t', { device: leaving.deviceId, token: leaving.token });
    expect(await codeOf(response)).toBe('media_not_enlisted');
  });

  it.each(['//evil.example/x', '/v/../x', '/v/%2e%2e/x', '/@evil.example'])(
    'refuses the path %s',
    async (path) => {
      world.mediaHost.asked.length = 0;
      const response = await relay(path);
      expect([response.status, await codeOf(response)]).toEqual([400, 'relay_path_refused']);
      expect(world.mediaHost.asked).toEqual([]);
    },
  );

  it.each<[string, World['mediaHost']['answer']]>([
    ['does not know the file', (_request, response) => void response.writeHead(404).end()],
    ['sends us elsewhere', (_request, response) => void response.writeHead(302, { location: '/x' }).end()],
    [
      'compresses',
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    ],
    [
      'announces too much',
      (_request, response) => void response.writeHead(200, { 'content-length': MAX_BYTES + 1 }).write('x'),
    ],
    ['breaks off at once', (request) => void request.socket.destroy()],
  ])('says that the file is not to be had when the host %s', async (_name, answer) => {
    world.mediaHost.answer = answer;
    const response = await relay('/v/t');
    expect([response.status, await codeOf(response)]).toEqual([502, 'relay_unavailable']);
  });

  it.each<[string, World['mediaHost']['answer']]>([
    [
      'a file of said length',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 1_000 });
        response.write(Buffer.alloc(500), () => response.destroy());
      },
    ],
    [
      'a file of unsaid length',
      (_request, response) => void response.write(Buffer.alloc(500), () => response.destroy()),
    ],
  ])('does not let %s look whole that was cut off', async (_name, answer) => {
    world.mediaHost.answer = answer;
    await expect(relay('/v/t').then((response) => response.arrayBuffer())).rejects.toThrow();
  });

  it('cuts a file that is larger than allowed and did not say so', async () => {
    world.mediaHost.answer = (_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = (): void => void (response.destroyed || response.write(chunk, more));
      more();
    };
    await expect(relay('/v/t').then((response) => response.arrayBuffer())).rejects.toThrow();
  });

  it('leaves the host when the device leaves', async () => {
    let closed = false;
    world.mediaHost.answer = (request, response) => {
      request.socket.once('close', () => (closed = true));
      response.write(Buffer.alloc(1_000));
    };
    const response = await relay('/v/t');
    await response.body?.cancel();
    await eventually(() => expect(closed).toBe(true));
  });
});
