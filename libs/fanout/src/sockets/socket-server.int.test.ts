import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { socketCloseCodes } from '@causeway/contracts/fanout';
import { AppError, TrustedProxies, type AccessTokenVerifier } from '@causeway/http';
import { limits } from '@causeway/limits';
import { Postgres } from '@causeway/postgres';
import { cloneTestDatabase, type TestDatabase } from '@causeway/store/testing';
import { captureLogs, describeWithEngine, eventually, FakeClock } from '@causeway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OptIns } from '../accounts/opt-ins.js';
import { ConnectionWorld, peer, podId } from '../fixtures/connection-world.js';
import { DeviceClient } from '../fixtures/device-client.js';
import { enlist, type Person } from '../fixtures/directory.js';
import { DurableMailbox } from '../mailbox/durable-mailbox.js';
import { Submissions } from '../submissions/submissions.js';
import { SocketRegistry } from './socket-registry.js';
import { SocketServer } from './socket-server.js';

const subjectHash = randomBytes(32);

describeWithEngine('postgres', 'the socket server', (postgresUrl) => {
  let database: TestDatabase;
  let postgres: Postgres;
  let person: Person;
  let clock: FakeClock;
  let world: ConnectionWorld;
  let registry: SocketRegistry;
  let sockets: SocketServer;
  let http: Server;
  let url: string;
  let logs: ReturnType<typeof captureLogs>;
  /** When access tokens expire, and what verifying one waits for. */
  let expiresAt: number;
  let verifying: Promise<void>;

  beforeAll(async () => {
    database = await cloneTestDatabase(postgresUrl);
    const options = { poolSize: 5, applicationName: 'test', statementTimeoutMs: 10_000 };
    postgres = Postgres.connect(database.url, options);
    person = await enlist(postgres, subjectHash, 'simulator');
  });
  afterAll(async () => {
    await postgres.close();
    await database.drop();
  });
  beforeEach(async () => await start('gatekeeper'));
  afterEach(() => stop());

  async function start(custody: 'gatekeeper' | 'provider'): Promise<void> {
    clock = new FakeClock();
    logs = captureLogs();
    expiresAt = Infinity;
    verifying = Promise.resolve();
    const stores = { durable: new DurableMailbox(postgres), submissions: new Submissions(postgres, () => 0) };
    world = new ConnectionWorld(clock, logs.logger, stores, custody);
    await world.coordination.presence.renew(podId);
    registry = new SocketRegistry(world.deps.metrics);
    const accessTokens = {
      verify: async (token: string) => {
        await verifying;
        if (token !== 'good') throw new AppError('unauthenticated', 401, 'no');
        return { subjectHash, claims: {}, issuedAt: 0, expiresAt };
      },
    } as Pick<AccessTokenVerifier, 'verify'> as AccessTokenVerifier;
    const optIns = new OptIns(postgres, [world.gatekeeper]);
    const proxies = new TrustedProxies([]);
    sockets = new SocketServer(registry, { ...world.deps, postgres, accessTokens, optIns, proxies });
    http = createServer();
    sockets.attach(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }
  async function stop(): Promise<void> {
    for (const socket of registry.all()) socket.terminate();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await world.coordination.close();
  }

  async function device(options: { autoPong?: boolean } = {}): Promise<DeviceClient> {
    const client = await DeviceClient.connect(url, 'good', `?device=${person.deviceId}`, options);
    if (!(client instanceof DeviceClient)) throw new Error(`refused with ${client}`);
    await eventually(() => expect(client.states).toContain('opening'));
    return client;
  }
  const opened = () => world.upstream.filter(({ type }) => type === 'open');
  const closed = () => world.upstream.filter(({ type }) => type === 'close');
  const sessionKey = () => `${person.deviceId}.simulator`;
  const present = () => world.coordination.presence.get(sessionKey());

  describe('frames', () => {
    it.each<[string, string | Buffer]>([
      ['no JSON', 'planted {'],
      ['no frame', '{"type":"unheard-of","planted":1}'],
      ['binary', Buffer.from('{}')],
      ['empty', ''],
    ])('that are bad (%s) close the socket with 4400, and sign the device off', async (_what, bad) => {
      const client = await device();
      client.socket.send(bad);
      client.send({ type: 'typing', gatekeeper: 'simulator', typing: { to: peer, state: 'paused' } });
      expect(await client.closed).toBe(socketCloseCodes.badFrame);
      await eventually(() => expect(closed()).toHaveLength(1));
      expect(await present()).toBeUndefined();
      expect(logs.text()).not.toContain('planted');
    });

    it('that are too large close the socket before they are read whole', async () => {
      const client = await device();
      client.send('x'.repeat(limits.socketFrameBytes.value + 1));
      expect(await client.closed).toBe(1009);
      await eventually(async () => expect(await present()).toBeUndefined());
    });

    it('that come before the rights were looked up wait for them', async () => {
      const looked = Promise.withResolvers<void>();
      const standing = OptIns.prototype.standing;
      OptIns.prototype.standing = async function waiting(...who) {
        await looked.promise;
        return standing.apply(this, who);
      };
      try {
        const client = await DeviceClient.connect(url, 'good', `?device=${person.deviceId}`);
        if (!(client instanceof DeviceClient)) throw new Error('refused');
        const encrypted = { type: 'msg', ciphertext: 'AAAA' };
        const message = { to: peer, stanzaType: 'text', encrypted };
        client.send({ type: 'send', gatekeeper: 'simulator', id: 'A', message });
        await new Promise((resolve) => client.socket.ping(undefined, undefined, resolve));
        looked.resolve();
        await eventually(() => expect(client.frames).toHaveLength(2));
        expect(client.frames[1]).toMatchObject({ type: 'refused', code: 'not_connected', retryable: true });
      } finally {
        OptIns.prototype.standing = standing;
      }
    });

    it('for a gatekeeper that the device is not enlisted with are refused for good', async () => {
      const client = await device();
      client.send({
        type: 'query',
        gatekeeper: 'whatsapp',
        correlationId: 'q',
        query: { kind: 'devices', peer },
      });
      await eventually(() =>
        expect(client.frames.at(-1)).toMatchObject({
          correlationId: 'q',
          code: 'not_enlisted',
          retryable: false,
        }),
      );
    });
  });

  describe('a second connection', () => {
    it('replaces the first, whose late end changes nothing for the second', async () => {
      const first = await device();
      const second = await device();
      expect(await first.closed).toBe(socketCloseCodes.replaced);
      await eventually(() => expect(opened()).toHaveLength(2));
      const [, later] = opened();
      await clock.advance(0);
      expect(await present()).toMatchObject({ epoch: later && 'epoch' in later ? later.epoch : 0 });
      expect(registry.get(person.deviceId)).toBeDefined();
      for (const event of closed())
        expect(event).toMatchObject({ epoch: (opened()[0] as { epoch: number }).epoch });
      second.socket.close();
      await eventually(() =>
        expect(closed().at(-1)).toMatchObject({ epoch: (later as { epoch: number }).epoch }),
      );
      expect(await present()).toBeUndefined();
    });

    it('does so also when the first never answers', async () => {
      const first = await device();
      first.stopReading();
      await device();
      await eventually(() => expect(opened()).toHaveLength(2));
      expect(registry.size).toBe(1);
      expect(await present()).toBeDefined();
      first.socket.terminate();
      await eventually(async () => expect(await present()).toBeDefined());
    });
  });

  describe('a device', () => {
    it('that answers pings stays, and one that does not is cut off', async () => {
      const alive = await device();
      for (let i = 1; i <= 3; i += 1) {
        await clock.advance(limits.socketPingMs.value);
        await eventually(() => expect(alive.pings).toBe(i));
        // The answer to what it says after its pong shows that the pong has come.
        alive.send({
          type: 'query',
          gatekeeper: 'whatsapp',
          correlationId: `q${i}`,
          query: { kind: 'devices', peer },
        });
        await eventually(() => expect(alive.frames.at(-1)).toMatchObject({ correlationId: `q${i}` }));
      }
      const silent = await device({ autoPong: false });
      await clock.advance(limits.socketPingMs.value);
      await clock.advance(limits.socketPingMs.value);
      expect(await silent.closed).toBe(1006);
      await eventually(async () => expect(await present()).toBeUndefined());
    });

    it('whose access token has expired is closed with 4401', async () => {
      expiresAt = clock.now() + 45_000;
      const client = await device();
      await clock.advance(limits.socketPingMs.value);
      await clock.advance(limits.socketPingMs.value);
      expect(await client.closed).toBe(socketCloseCodes.unauthorized);
    });

    it('that does not read is closed with 4429 at the bound, and nothing of its mailbox is lost', async () => {
      await stop();
      await start('provider');
      const durable = new DurableMailbox(postgres);
      const encrypted = { type: 'msg', ciphertext: Buffer.alloc(190_000).toString('base64') };
      const key = sessionKey();
      for (let i = 0; i < 80; i += 1) {
        const event = world.event(
          { type: 'message', sessionKey: key },
          { id: `M${i}`, from: peer, timestamp: 1, encrypted },
        );
        await durable.store({ ...event, dedupe: randomBytes(32).toString('base64') } as never);
      }
      const client = await DeviceClient.connect(url, 'good', `?device=${person.deviceId}`);
      if (!(client instanceof DeviceClient)) throw new Error('refused');
      client.stopReading();
      await eventually(
        async () => expect(await world.metrics.render()).toContain('closed_total{code="4429"'),
        {
          deadlineMs: 20_000,
        },
      );
      await eventually(async () => expect(await present()).toBeUndefined());
      client.socket.resume();
      expect(await client.closed).toBe(socketCloseCodes.tooSlow);
      expect(await durable.read(key as never, 0, 100)).toHaveLength(80);
      await durable.erase(key as never);
    });
  });

  describe('the drain', () => {
    it('closes with 1012, signs off, and refuses those that come', async () => {
      const client = await device();
      const drained = sockets.drain();
      expect(await client.closed).toBe(socketCloseCodes.serviceRestart);
      await clock.advance(5_000);
      await drained;
      expect(closed()).toMatchObject([{ code: 'draining' }]);
      expect(await DeviceClient.connect(url, 'good', `?device=${person.deviceId}`)).toBe(503);
    });

    it('takes nobody who was being authenticated when it began', async () => {
      const verified = Promise.withResolvers<void>();
      verifying = verified.promise;
      const connecting = DeviceClient.connect(url, 'good', `?device=${person.deviceId}`);
      await eventually(
        () =>
          new Promise<void>((resolve, reject) => {
            http.getConnections((error, count) =>
              error === null && count > 0 ? resolve() : reject(new Error('none')),
            );
          }),
      );
      const drained = sockets.drain();
      await clock.advance(5_000);
      await drained;
      verified.resolve();
      expect(await connecting).toBe(503);
    });

    it('cuts off who does not go', async () => {
      const client = await device();
      client.stopReading();
      const drained = sockets.drain();
      await eventually(async () => {
        await clock.advance(500);
        expect(registry.size).toBe(0);
      });
      await drained;
    });
  });

  it('refuses who cannot be authenticated in time, and takes nobody when the answer comes late', async () => {
    const verified = Promise.withResolvers<void>();
    verifying = verified.promise;
    const asked = new Promise((resolve) => http.once('upgrade', resolve));
    const connecting = DeviceClient.connect(url, 'good', `?device=${person.deviceId}`);
    await asked;
    await clock.advance(limits.socketHandshakeMs.value);
    expect(await connecting).toBe(503);
    verified.resolve();
    verifying = Promise.resolve();
    await device();
    expect(registry.size).toBe(1);
  });

  it('invariant 10: a peer that breaks off during the upgrade, or talks nonsense, harms nobody', async () => {
    const verified = Promise.withResolvers<void>();
    verifying = verified.promise;
    const { port } = http.address() as AddressInfo;
    const head = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nAuthorization: Bearer good\r\n\r\n`;
    const breaking = connect(port, '127.0.0.1', () => {
      breaking.write(head(`/v1/socket?device=${person.deviceId}`), () => breaking.resetAndDestroy());
    });
    breaking.on('error', () => undefined);
    await new Promise((resolve) => breaking.on('close', resolve));
    verified.resolve();
    for (const path of ['/', '/v1/socket', '/v1/socket?device=x', '//', '/v1/socket?device=%00', '*']) {
      const answer = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(head(path)));
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('close', () => resolve(text));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 (404|400)/);
    }
    await device();
  });

  it('bounds the connections of one device', async () => {
    const refused: number[] = [];
    for (let i = 0; i < 25; i += 1) {
      const client = await DeviceClient.connect(url, 'good', `?device=${person.deviceId}`);
      if (!(client instanceof DeviceClient)) refused.push(client);
    }
    expect(refused).toEqual(Array.from({ length: 5 }, () => 503));
  });

  it('does not say whether a device exists to who does not own it', async () => {
    const answers = [];
    for (const query of ['', '?device=x', `?device=${randomUUID()}`]) {
      answers.push(await DeviceClient.connect(url, 'good', query));
    }
    answers.push(await DeviceClient.connect(url, 'bad', `?device=${person.deviceId}`));
    expect(answers).toEqual([404, 404, 404, 401]);
  });
});
