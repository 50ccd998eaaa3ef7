import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { systemClock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';
import { createMetrics } from '@causeway/telemetry';
import { captureLogs } from '@causeway/testing';
import { createTestAuthority } from '@causeway/testing/engines';
import { TestProcess } from '@causeway/testing/faults';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  Misbehaviour,
  RemoteSignerOptions,
  RemoteSignerSaid,
} from '../fixtures/remote-signer.fixture.js';
import { signerConformance } from '../fixtures/signer-conformance.js';
import type { RingKey } from '../key-ring/key-ring.js';
import { createKey } from '../key-ring/new-key.js';
import { RemoteSigner } from './remote-signer.js';
import { RemoteSigning, type RemoteSignerSettings } from './remote-signing.js';

const entry = new URL('../fixtures/remote-signer.fixture.ts', import.meta.url);
const bearer = 'PLANTED-bearer-of-the-signer';
const input = Buffer.from('PLANTED.signing-input');

class Remote {
  readonly logs = captureLogs();
  readonly metrics = createMetrics('test');
  private constructor(
    private readonly process: TestProcess<RemoteSignerSaid>,
    readonly signing: RemoteSigning,
  ) {}

  static async start(
    options: RemoteSignerOptions,
    known: Partial<RemoteSignerSettings> = { bearer },
  ): Promise<Remote> {
    const process = await TestProcess.start<RemoteSignerSaid>(entry, options);
    const { port } = await process.said((said) => said.kind === 'ready');
    const scheme = options.tls === undefined ? 'http' : 'https';
    const settings = { url: `${scheme}://127.0.0.1:${port}/sign?tenant=a`, ...known };
    const logs = captureLogs();
    const metrics = createMetrics('test');
    const parts = { settings: () => settings, clock: systemClock, logger: logs.logger, metrics };
    return Object.assign(new Remote(process, new RemoteSigning(parts)), { logs, metrics });
  }

  async misbehave(how: Misbehaviour['how'], times = 1): Promise<void> {
    this.process.tell({ how, times } satisfies Misbehaviour);
    await this.process.said(
      (said): said is RemoteSignerSaid => said.kind === 'told' && said.how === how && said.times === times,
    );
  }

  get asked(): readonly string[] {
    return this.process.messages.flatMap((said) => (said.kind === 'asked' ? [said.body] : []));
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  async stop(): Promise<void> {
    await this.process.kill();
    await this.signing.close().catch(() => undefined);
  }
}

const privateOf = (keys: readonly RingKey[]) =>
  Object.fromEntries(keys.map((key) => [key.kid, key.privateJwk as JsonWebKey]));

describe('a remote signer', () => {
  signerConformance(async (keys) => {
    const remote = await Remote.start({ keys: privateOf(Object.values(keys)), bearer });
    return { signerOf: (key) => new RemoteSigner(key, remote.signing), close: () => remote.stop() };
  });
});

describe('a remote signer in trouble', () => {
  let remote: Remote | undefined;
  afterEach(() => remote?.stop());

  async function start(known?: Partial<RemoteSignerSettings>) {
    const key = { ...(await createKey('ES256', 0)), createdAt: 0 };
    const other = await createKey('ES256', 0);
    const keys = { ...privateOf([key]), other: other.privateJwk as JsonWebKey };
    remote = await Remote.start({ keys, bearer }, known);
    return { remote, signer: new RemoteSigner(key, remote.signing) };
  }

  it.each(['hang', 'cut', 500, 503, 429] as const)(
    'is asked again when it answers with %s once',
    async (how) => {
      const { remote, signer } = await start();
      await remote.misbehave(how);
      await expect(signer.sign(input)).resolves.toHaveLength(64);
      expect(remote.asked).toHaveLength(2);
    },
  );

  it.each([
    ['wrong-key', 'signer_answer'],
    ['huge', 'signer_unreachable'],
    ['html', 'signer_answer'],
    ['mute', 'signer_answer'],
    ['moved', 'signer_refused'],
    [400, 'signer_refused'],
    [403, 'signer_refused'],
  ] as const)('gives no token when it answers with %s', async (how, code) => {
    const { remote, signer } = await start();
    await remote.misbehave(how, 99);
    await expect(signer.sign(input)).rejects.toMatchObject({ code });
    expect(remote.asked).toHaveLength(code === 'signer_unreachable' ? limits.signerAttempts.value : 1);
  });

  it('is left alone for a while after it has not answered for long, and then tried once', async () => {
    const { remote, signer } = await start();
    await remote.misbehave(503, limits.signerFailuresInARow.value);
    const codes = new Set<string>();
    for (let token = 0; token < 6; token++) {
      await signer.sign(input).catch(({ code }: { code: string }) => codes.add(code));
    }
    expect([...codes]).toEqual(['signer_unreachable', 'signer_paused']);
    const { length } = remote.asked;
    expect(length).toBe(limits.signerFailuresInARow.value);
    await new Promise((resolve) => setTimeout(resolve, limits.signerPauseMs.value));
    await expect(signer.sign(input)).resolves.toHaveLength(64);
  });

  it('ends its tries before the session stops waiting, also when it is gone', async () => {
    const { remote, signer } = await start();
    await remote.misbehave('hang', 99);
    const startedAt = performance.now();
    await expect(signer.sign(input)).rejects.toMatchObject({ code: 'signer_unreachable' });
    expect(performance.now() - startedAt).toBeLessThan(limits.internalDeadlineMs.value);
    await remote.kill();
    await expect(signer.sign(input)).rejects.toMatchObject({ code: 'signer_unreachable' });
  });

  it('has so many tokens wait for it and no more', async () => {
    const { remote, signer } = await start();
    await remote.misbehave('hang', 9_999);
    const most = limits.signerCallsInFlight.value;
    const waiting = Array.from({ length: most }, () => signer.sign(input).catch(() => 'late'));
    const startedAt = performance.now();
    await expect(signer.sign(input)).rejects.toMatchObject({ code: 'signer_unreachable' });
    expect(performance.now() - startedAt).toBeLessThan(limits.signerDeadlineMs.value);
    await Promise.all(waiting);
  });

  it('refuses who shows another bearer token; no log line and no metric tells what was to be signed', async () => {
    const { remote, signer } = await start({ bearer: 'another-bearer-token' });
    const error: unknown = await signer.sign(input).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'signer_refused' });
    await remote.misbehave(503, limits.signerFailuresInARow.value * 2);
    for (let token = 0; token < 5; token++) await signer.sign(input).catch(() => undefined);
    const told = `${remote.logs.text()} ${await remote.metrics.render()} ${String(error)}`;
    for (const secret of [
      'PLANTED',
      input.toString('base64url'),
      createHash('sha256').update(input).digest('hex'),
    ]) {
      expect(told).not.toContain(secret);
    }
  });
});

describe('a remote signer that wants a client certificate', () => {
  const authority = createTestAuthority();
  const server = authority.issue('signer');
  const client = authority.issue('accounts');

  async function sign(known: Partial<RemoteSignerSettings>): Promise<unknown> {
    const key = { ...(await createKey('EdDSA', 0)), createdAt: 0 };
    const tls = { ...server, ca: authority.ca };
    const remote = await Remote.start({ keys: privateOf([key]), tls }, known);
    try {
      return await new RemoteSigner(key, remote.signing).sign(input);
    } finally {
      await remote.stop();
    }
  }
  const own = { certificate: client.certificate, privateKey: client.key };

  it('signs for who has one of its authority', async () => {
    await expect(sign({ ...own, ca: authority.ca })).resolves.toHaveLength(64);
  });

  it('signs for nobody else, and is believed only with a certificate of the authority that is named', async () => {
    const stranger = createTestAuthority().issue('accounts');
    const foreign = { certificate: stranger.certificate, privateKey: stranger.key, ca: authority.ca };
    for (const known of [{ ca: authority.ca }, foreign, { ...own, ca: createTestAuthority().ca }, own]) {
      await expect(sign(known)).rejects.toMatchObject({ code: 'signer_unreachable' });
    }
  });

  it('has keys of its own: what it holds cannot be asked for by another name', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const publicJwk = publicKey.export({ format: 'jwk' }) as RingKey['publicJwk'];
    const remote = await Remote.start({ keys: {}, bearer });
    const signer = new RemoteSigner(
      { kid: 'x', algorithm: 'EdDSA', publicJwk, createdAt: 0 },
      remote.signing,
    );
    await expect(signer.sign(input)).rejects.toMatchObject({ code: 'signer_refused' });
    await remote.stop();
  });
});
