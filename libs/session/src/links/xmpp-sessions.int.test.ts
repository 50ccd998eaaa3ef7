import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from '@causeway/contracts/downstream';
import { DeviceId, GatekeeperId, sessionKeyOf } from '@causeway/contracts/ids';
import { systemClock } from '@causeway/lifecycle';
import { loadProfile, resolveProfile } from '@causeway/profiles';
import { captureLogs, describeWithProsody, eventually, startProsody, type Prosody } from '@causeway/testing';
import { TcpFaultProxy } from '@causeway/testing/faults';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SessionWorld } from '../fixtures/session-world.js';
import type { Command } from '../sessions/ports.js';
import { UpstreamSession } from '../sessions/upstream-session.js';
import { GatekeeperLinks } from './gatekeeper-links.js';

const template = fileURLToPath(new URL('../../../../deploy/profiles/xmpp.yaml', import.meta.url));
const gatekeeper = GatekeeperId.parse('xmpp');
const noKey = { open: () => Promise.reject(new Error('no Noise key here')) };
const noKeys = { sealed: noKey, device: noKey };
const nowhere = { ca: () => undefined, addressOf: async () => undefined };

/** A whole session of one account, with the device's side of it. */
class Party {
  readonly world: SessionWorld;
  readonly opened: Command<'open'>;
  readonly session: UpstreamSession;

  constructor(links: GatekeeperLinks, accountNumber: string, secret: string) {
    const { logger } = captureLogs();
    this.world = new SessionWorld(systemClock, logger);
    const deviceId = DeviceId.parse(randomUUID());
    this.opened = this.world.open({ deviceId, gatekeeper, sessionKey: sessionKeyOf(deviceId, gatekeeper) });
    const token = { token: secret, expiresAt: 0, accountNumber, integrator: 7, readReceipts: true };
    const deps = { ...this.world.deps, links, tokens: { get: async () => token } };
    this.session = new UpstreamSession(this.opened, deps, () => undefined);
    void this.session.start();
  }

  async online(): Promise<this> {
    await eventually(() => this.world.last('opened'));
    return this;
  }

  send(id: string, to: string, text: string): void {
    const ciphertext = Buffer.from(text).toString('base64');
    const message = { to, stanzaType: 'text', encrypted: { type: 'msg', ciphertext } };
    const body = this.world.seal({ type: 'message.send', id }, message);
    this.dispatch({ type: 'message.send', id, body });
  }

  /** The device has everything that came. */
  acknowledge(): void {
    const refs = this.world.downstream.flatMap((event) => ('ref' in event ? [event.ref] : []));
    this.dispatch({ type: 'ack', refs, stage: 'delivered' });
  }

  texts(): string[] {
    return this.world.downstream
      .filter(({ type }) => type === 'message')
      .map((event) => this.world.read(event) as IncomingMessage)
      .map(({ encrypted }) => Buffer.from(encrypted.ciphertext, 'base64').toString());
  }

  private dispatch(command: object): void {
    const { sessionKey, epoch } = this.opened;
    const deadline = systemClock.now() + 10_000;
    this.session.dispatch({ sessionKey, gatekeeper, epoch, deadline, ...command } as Command);
  }
}

describeWithProsody('the session service over plain XMPP', () => {
  let server: Prosody;
  let proxy: TcpFaultProxy;
  const parties: Party[] = [];

  beforeAll(async () => {
    server = await startProsody({ users: { '7-1': 'of alice', '7-2': 'of bob' } });
    proxy = await TcpFaultProxy.open({ target: server });
  }, 120_000);
  afterEach(async () => {
    for (const { session } of parties.splice(0)) await session.close('draining');
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
  });

  async function party(number: '1' | '2', port = server.port): Promise<Party> {
    const at = `127.0.0.1:${port}`;
    const profile = resolveProfile(await loadProfile(template), {
      integrator: 7,
      development: true,
      wire: { url: `xmpp://${at}`, domain: server.domain, ca: server.ca },
      enlistment: { url: 'https://provider.example/accounts' },
      token: { issuer: 'https://provider.example', audience: 'xmpp' },
      push: { jwksUrl: 'https://provider.example/jwks', audience: 'https://provider.example' },
      media: { downloadBase: 'https://provider.example', downloadHosts: ['provider.example'] },
      egress: { hosts: [at, 'provider.example'], allowPrivateAddresses: true },
    });
    const links = new GatekeeperLinks(
      new Map([[gatekeeper, profile]]),
      noKeys,
      nowhere,
      systemClock,
      captureLogs().logger,
    );
    const made = new Party(links, number, number === '1' ? 'of alice' : 'of bob');
    parties.push(made);
    return made.online();
  }

  const bob = '7-2@xmpp.example';

  it('takes a text to the other device, and tells its own that it arrived', async () => {
    const [sender, receiver] = [await party('1'), await party('2')];
    sender.send('t1', bob, 'for bob alone');
    await eventually(() => expect(receiver.texts()).toEqual(['for bob alone']));
    expect(receiver.world.read(receiver.world.last('opened'))).toEqual({ jid: bob });
    await eventually(() => expect(sender.world.last('accepted')).toMatchObject({ id: 't1' }));
    expect(sender.world.types).not.toContain('receipt');
    receiver.acknowledge();
    await eventually(() => {
      const receipt = sender.world.read(sender.world.last('receipt'));
      expect(receipt).toMatchObject({ from: bob, kind: 'delivered', ids: ['t1'] });
    });
    sender.acknowledge();
  });

  it('logs in again by itself when the line is cut, and hands on again what was not acknowledged', async () => {
    const [sender, receiver] = [await party('1'), await party('2', proxy.port)];
    sender.send('c1', bob, 'before');
    await eventually(() => expect(receiver.texts()).toEqual(['before']));
    const first = receiver.world.last('message');
    proxy.cut();
    sender.send('c2', bob, 'meanwhile');
    await eventually(() => expect(receiver.world.types.filter((type) => type === 'opened')).toHaveLength(2), {
      deadlineMs: 15_000,
    });
    await eventually(() => {
      const events = receiver.world.downstream.slice(receiver.world.types.lastIndexOf('opened'));
      const messages = events.filter(({ type }) => type === 'message');
      expect(messages).toHaveLength(2);
      // By this the device knows what it has already.
      expect(messages[0]).toMatchObject({ dedupe: first.dedupe });
    });
    // Also of a session that goes on, where nothing is bound.
    expect(receiver.world.read(receiver.world.last('opened'))).toEqual({ jid: bob });
    receiver.acknowledge();
  });
});
