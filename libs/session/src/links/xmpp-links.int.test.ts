import { randomUUID } from 'node:crypto';
import { sessionKeyOf, DeviceId, GatekeeperId, type SessionKey } from '@causeway/contracts/ids';
import { parseAddress } from '@causeway/jid';
import { systemClock } from '@causeway/lifecycle';
import { loadProfile, resolveProfile, type GatekeeperProfile } from '@causeway/profiles';
import {
  captureLogs,
  createTestAuthority,
  describeWithProsody,
  eventually,
  startProsody,
  type Prosody,
} from '@causeway/testing';
import { TcpFaultProxy } from '@causeway/testing/faults';
import { bytesOf, child, type Stanza } from '@causeway/xml';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinkRefused, type LinkEnd, type UpstreamLink } from '../sessions/ports.js';
import { buildAck, buildDelivered, settleableOf } from '../stanzas/ack.js';
import { buildActive, buildBlock, buildPing, buildRemoval, buildTyping } from '../stanzas/control.js';
import { buildMessage, readMessage } from '../stanzas/message.js';
import { buildPreKeyCount } from '../stanzas/prekeys.js';
import { buildReceipt } from '../stanzas/receipt.js';
import { GatekeeperLinks } from './gatekeeper-links.js';

const template = fileURLToPath(new URL('../../../../deploy/profiles/xmpp.yaml', import.meta.url));
// Each test has accounts of its own: a session that a test has lost lives on at the server for a while.
const users: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 60 }, (_, number) => [`7-${number}`, `secret of ${number}, with = and ,`]),
);
const noKey = { open: () => Promise.reject(new Error('this wire has no Noise key')) };
const noKeys = { sealed: noKey, device: noKey };

/** A link with everything that it brought; like a session it takes one stanza after another. */
class Party {
  readonly received: Stanza[] = [];
  readonly ends: LinkEnd[] = [];

  constructor(
    readonly link: UpstreamLink,
    /** Settles what it is given, as a device that stores everything. */
    settles: boolean,
  ) {
    link.onStanza(async (stanza) => {
      this.received.push(stanza);
      if (settles) await this.settle(stanza);
    });
    link.onUnreadable(async (head) => {
      this.received.push(head);
    });
    link.onEnd((end) => this.ends.push(end));
  }

  async settle(stanza: Stanza): Promise<void> {
    const of = settleableOf(stanza);
    if (of !== undefined)
      await this.link.send(of.stanzaClass === 'message' ? buildDelivered(of) : buildAck(of));
  }

  of(tag: string): Stanza[] {
    return this.received.filter((stanza) => stanza.tag === tag);
  }

  texts(): string[] {
    return this.of('message').map((message) => Buffer.from(bytesOf(child(message, 'enc')) ?? []).toString());
  }
}

describeWithProsody('sessions over plain XMPP', () => {
  let server: Prosody;
  let proxy: TcpFaultProxy;
  const parties: Party[] = [];

  beforeAll(async () => {
    server = await startProsody({ users });
    proxy = await TcpFaultProxy.open({ target: server });
  }, 120_000);
  afterEach(async () => {
    await proxy.heal();
    for (const { link } of parties.splice(0)) await link.close();
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
  });

  async function links(
    port: number,
    options: {
      /** Of the profile's own authorities; `system` for none. */
      ca?: string;
      /** What `CAUSEWAY_GATEKEEPER_CA` holds. */
      gatekeeperCa?: string;
      mechanisms?: ['SCRAM-SHA-1'];
      development?: boolean;
    } = {},
  ): Promise<{ links: GatekeeperLinks; profile: GatekeeperProfile }> {
    const { ca = server.ca, gatekeeperCa, development = true, ...wire } = options;
    const at = `127.0.0.1:${port}`;
    const profile = resolveProfile(await loadProfile(template), {
      integrator: 7,
      development,
      wire: { url: `xmpp://${at}`, domain: server.domain, ...(ca !== 'system' && { ca }), ...wire },
      enlistment: { url: 'https://provider.example/accounts' },
      token: { issuer: 'https://provider.example', audience: 'xmpp' },
      push: { jwksUrl: 'https://provider.example/jwks', audience: 'https://provider.example' },
      media: { downloadBase: 'https://provider.example', downloadHosts: ['provider.example'] },
      egress: { hosts: [at, 'provider.example'], allowPrivateAddresses: development },
    });
    const made = new GatekeeperLinks(
      new Map([['xmpp', profile]]),
      noKeys,
      { ca: () => gatekeeperCa, addressOf: async () => undefined },
      systemClock,
      captureLogs().logger,
    );
    return { links: made, profile };
  }

  async function party(
    from: GatekeeperLinks,
    accountNumber: string,
    { secret = users[`7-${accountNumber}`] ?? '', key = newKey(), settles = true } = {},
  ): Promise<Party> {
    const token = { token: secret, expiresAt: 0, accountNumber, integrator: 7, readReceipts: true };
    const made = new Party(await from.create({ sessionKey: key, epoch: 1, token, reason: 'user' }), settles);
    parties.push(made);
    return made;
  }

  async function online(...args: Parameters<typeof party>): Promise<Party> {
    const made = await party(...args);
    await made.link.connect();
    await made.link.query(buildActive(), 5_000);
    return made;
  }

  const newKey = (): SessionKey => sessionKeyOf(DeviceId.parse(randomUUID()), GatekeeperId.parse('xmpp'));
  const address = (accountNumber: string) => `7-${accountNumber}@${server.domain}`;
  const text = (id: string, to: string, content = id) =>
    buildMessage(id, {
      to,
      stanzaType: 'text',
      encrypted: { type: 'msg', ciphertext: Buffer.from(content).toString('base64') },
    });
  const refusal = async (work: Promise<unknown>): Promise<LinkEnd> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof LinkRefused)) throw new Error('not refused', { cause: error });
    return error.end;
  };

  it('pass a text both ways, and the sender learns that it arrived', async () => {
    const { links: made } = await links(server.port);
    const [alice, bob] = [await online(made, '10'), await online(made, '11')];
    await alice.link.send(text('a1', address('11'), 'ciphertext to bob'));
    await bob.link.send(text('b1', address('10'), 'ciphertext to alice'));
    await eventually(() => {
      expect(bob.texts()).toEqual(['ciphertext to bob']);
      expect(alice.texts()).toEqual(['ciphertext to alice']);
      // The server has it, and then the other side.
      expect(alice.of('ack')[0]?.attrs).toMatchObject({ class: 'message', id: 'a1' });
      expect(alice.of('receipt')[0]?.attrs).toMatchObject({ id: 'a1', from: parseAddress(address('11')) });
      expect(bob.of('receipt')[0]?.attrs).toMatchObject({ id: 'b1', from: parseAddress(address('10')) });
    });
    const [received] = bob.of('message');
    expect(readMessage(received as Stanza)).toMatchObject({
      id: 'a1',
      from: address('10'),
      encrypted: { type: 'msg' },
    });
    await alice.link.send(buildTyping({ to: address('11'), state: 'composing' }));
    await eventually(() => expect(child(bob.of('chatstate')[0] as Stanza, 'composing')).toBeDefined());
  });

  it('keep for later what is sent while nobody is there, with its time', async () => {
    const { links: made } = await links(server.port);
    const alice = await online(made, '12');
    await alice.link.send(text('late', address('13')));
    await eventually(() => expect(alice.of('ack')).toHaveLength(1));
    const sentAt = Date.now() / 1_000;
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const carol = await online(made, '13');
    await eventually(() => expect(carol.texts()).toEqual(['late']));
    const t = Number(carol.of('message')[0]?.attrs['t']);
    expect(Math.abs(t - sentAt)).toBeLessThan(1.9);
  });

  it('leave with the server what the device has not acknowledged', async () => {
    const { links: made } = await links(server.port);
    const alice = await online(made, '14');
    const first = await online(made, '15', { settles: false });
    await alice.link.send(text('kept', address('15')));
    await eventually(() => expect(first.texts()).toEqual(['kept']));
    await first.link.close();
    const second = await online(made, '15');
    await eventually(() => expect(second.texts()).toEqual(['kept']));
    await second.link.close();
    const third = await online(made, '15');
    await third.link.query(buildPing(), 5_000);
    expect(third.texts()).toEqual([]);
  });

  it('refuse what this wire has no word for, with a code', async () => {
    const { links: made } = await links(server.port);
    const alice = await online(made, '16');
    expect(await refusal(alice.link.query(buildPreKeyCount(), 5_000))).toMatchObject({
      code: 'not_supported',
    });
    const read = buildReceipt({ to: address('17'), kind: 'read', ids: ['x'] });
    expect(await refusal(alice.link.send(read))).toMatchObject({ code: 'not_supported' });
    const media = {
      ...text('m', address('17')),
      attrs: { id: 'm', to: parseAddress(address('17')), type: 'media' },
    };
    await alice.link.send(media);
    await alice.link.send(text('nobody', '7-99@xmpp.example'));
    await eventually(() => {
      const errors = Object.fromEntries(alice.of('ack').map(({ attrs }) => [attrs['id'], attrs['error']]));
      expect(errors).toMatchObject({ m: '501', nobody: '404' });
    });
  });

  it('ask the server what it can answer', async () => {
    const { links: made } = await links(server.port);
    const carol = await online(made, '19');
    await expect(carol.link.query(buildPing(), 5_000)).resolves.toMatchObject({ attrs: { type: 'result' } });
    const block = buildBlock({ peer: address('18'), action: 'block' });
    await expect(carol.link.query(block, 5_000)).resolves.toMatchObject({ attrs: { type: 'result' } });
    const alice = await online(made, '18');
    await alice.link.send(text('blocked', address('19')));
    await alice.link.query(buildPing(), 5_000);
    await carol.link.query(buildBlock({ peer: address('18'), action: 'unblock' }), 5_000);
    await alice.link.send(text('welcome', address('19')));
    await eventually(() => expect(carol.texts()).toEqual(['welcome']));
  });

  describe('a login', () => {
    it('with a wrong password is refused for good', async () => {
      const { links: made } = await links(server.port);
      const alice = await party(made, '20', { secret: 'not hers' });
      expect(await refusal(alice.link.connect())).toEqual({ code: 'login_refused', advice: 'stop' });
    });

    it.each([
      ['an unknown authority', createTestAuthority('another').ca],
      ['an authority that the system does not know', 'system'],
    ])('at a server with %s never shows who wants in', async (_name, ca) => {
      const { links: made } = await links(server.port, { ca });
      const alice = await party(made, '22');
      expect(await refusal(alice.link.connect())).toEqual({ code: 'server_not_authentic', advice: 'stop' });
    });

    it('at a server of an authority that the deployment believes works without one in the profile', async () => {
      const { links: made } = await links(server.port, { ca: 'system', gatekeeperCa: server.ca });
      await online(made, '23');
    });

    it('at a private address is not tried, unless the profile says so', async () => {
      const { links: made } = await links(server.port, { development: false });
      const alice = await party(made, '25');
      expect(await refusal(alice.link.connect())).toEqual({ code: 'host_refused', advice: 'stop' });
    });

    it('works with either hash', async () => {
      const { links: made } = await links(server.port, { mechanisms: ['SCRAM-SHA-1'] });
      await online(made, '24');
    });

    it('of the same session ends what is left of the last one', async () => {
      const { links: made } = await links(server.port);
      const key = newKey();
      const first = await online(made, '26', { key });
      const second = await online(made, '26', { key });
      await eventually(() => expect(first.ends).toEqual([{ code: 'replaced', advice: 'check-owner' }]));
      expect(second.ends).toEqual([]);
    });
  });

  describe('a connection that is cut', () => {
    it('goes on where it was, without loss or doubling', async () => {
      const direct = (await links(server.port)).links;
      const { links: made } = await links(proxy.port);
      const key = newKey();
      const alice = await online(direct, '28');
      const bob = await online(made, '29', { key });
      const texts = Array.from({ length: 60 }, (_, index) => `m${index}`);
      const sent: string[] = [];
      const before = await (async () => {
        for (const id of texts.slice(0, 20)) await alice.link.send(text(id, address('29')));
        await eventually(() => expect(bob.texts()).toHaveLength(20));
        return bob.texts();
      })();
      // Written to a line that is dead already: the server never sees the first of these, nor Bob the answers.
      proxy.disturb('both', { blackHole: true });
      for (const id of ['r1', 'r2', 'r3']) await bob.link.send(text(id, address('28')));
      for (const id of texts.slice(20, 40)) await alice.link.send(text(id, address('29')));
      proxy.cut();
      await eventually(() => expect(bob.ends).toEqual([{ code: 'connection_lost', advice: 'reconnect' }]));
      for (const id of texts.slice(40)) await alice.link.send(text(id, address('29')));
      await proxy.heal();
      const again = await party(made, '29', { key });
      await again.link.connect();
      // A device that heard nothing sends the same again, under the same id.
      for (const id of ['r1', 'r2', 'r3']) await again.link.send(text(id, address('28')));
      await eventually(() => {
        expect([...before, ...again.texts()]).toEqual(texts);
        expect(
          again
            .of('ack')
            .map(({ attrs }) => attrs['id'])
            .toSorted(),
        ).toEqual(['r1', 'r2', 'r3']);
      });
      await alice.link.query(buildPing(), 5_000);
      expect(alice.texts().toSorted()).toEqual(['r1', 'r2', 'r3']);
      sent.push(...texts);
    });

    it('brings again what was not settled, and that alone', async () => {
      const { links: made } = await links(proxy.port);
      const key = newKey();
      const alice = await online((await links(server.port)).links, '30');
      const bob = await online(made, '31', { key, settles: false });
      for (const id of ['s1', 's2', 's3']) await alice.link.send(text(id, address('31')));
      await eventually(() => expect(bob.texts()).toHaveLength(3));
      // Out of turn: the server's count stands still, but ours does not forget.
      await bob.settle(bob.of('message')[1] as Stanza);
      await bob.link.query(buildPing(), 5_000);
      proxy.cut();
      await eventually(() => expect(bob.ends).toHaveLength(1));
      const again = await party(made, '31', { key });
      await again.link.connect();
      await eventually(() => expect(again.texts()).toEqual(['s1', 's3']));
    });

    it('begins anew where another pod has taken over, and loses nothing', async () => {
      const key = newKey();
      const alice = await online((await links(server.port)).links, '32');
      const bob = await online((await links(proxy.port)).links, '33', { key, settles: false });
      await alice.link.send(text('moved', address('33')));
      await eventually(() => expect(bob.texts()).toEqual(['moved']));
      proxy.cut();
      await eventually(() => expect(bob.ends).toHaveLength(1));
      const elsewhere = await online((await links(server.port)).links, '33', { key });
      await eventually(() => expect(elsewhere.texts()).toEqual(['moved']));
    });
  });

  it('log in again after the server was restarted, and miss nothing', async () => {
    const { links: made } = await links(server.port);
    const key = newKey();
    const alice = await online(made, '34');
    const bob = await online(made, '35', { key, settles: false });
    await alice.link.send(text('survives', address('35')));
    await eventually(() => expect(bob.texts()).toEqual(['survives']));
    await server.restart();
    await eventually(() => expect([alice.ends.length, bob.ends.length]).toEqual([1, 1]), {
      deadlineMs: 20_000,
    });
    const again = await eventually(() => online(made, '35', { key }), { deadlineMs: 20_000, everyMs: 200 });
    await eventually(() => expect(again.texts()).toEqual(['survives']));
  }, 60_000);

  it('remove the account when the user leaves', async () => {
    const { links: made } = await links(server.port);
    const dave = await party(made, '37');
    await dave.link.connect();
    await dave.link.query(buildRemoval(), 5_000);
    await dave.link.close();
    expect(await refusal((await party(made, '37')).link.connect())).toMatchObject({ code: 'login_refused' });
  });
});
