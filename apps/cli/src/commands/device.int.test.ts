import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@causeway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunningCommand } from '../fixtures/command.js';
import { DataRoot } from '../fixtures/data-root.js';
import { Phone } from '../journey/phone.js';

const PORT_BASE = 21_400;
const WITHIN_MS = 30_000;
const TIMEOUT = 180_000;
const gatekeeper = new DataRoot();
const provider = new DataRoot();
const eve = 'eve@example.org';
const bob = new Phone(`http://127.0.0.1:${PORT_BASE + 10}/control`, '4915550002');
let sim: RunningCommand;
let stack: RunningCommand;
let device: RunningCommand;

type Line = Readonly<Record<string, unknown>>;

/** The gatekeeper in a process of its own, the stack in another, which knows it by its profile alone. */
beforeAll(async () => {
  const ports = ['--port-base', `${PORT_BASE}`];
  sim = RunningCommand.causeway(['--data-root', gatekeeper.path, 'sim', ...ports]);
  await sim.until('profile');
  const profile = join(gatekeeper.path, 'sim/simulator.yaml');
  stack = RunningCommand.causeway([
    '--data-root',
    provider.path,
    'start',
    '--no-sim',
    '--profile',
    profile,
    ...ports,
  ]);
  await stack.until('tokens');
  await bob.create('Bob');
  device = startDevice();
}, TIMEOUT);

afterAll(async () => {
  device.kill();
  stack.kill();
  sim.kill();
  await Promise.all([gatekeeper.remove(PORT_BASE + 20), provider.remove(PORT_BASE + 20)]);
});

const startDevice = () =>
  RunningCommand.causeway([
    'device',
    ...['--endpoints', provider.endpoints],
    ...['--data', join(provider.path, 'outside')],
    ...['--user', 'eve'],
  ]);
const linesOf = (command: RunningCommand) => command.lines.map((line) => JSON.parse(line) as Line);
const answersOf = (command: RunningCommand) => linesOf(command).filter((line) => 'ok' in line);
const eventsOf = (command: RunningCommand, event: string) =>
  linesOf(command).filter((line) => line['event'] === event);

/** Gives a command, and waits for its answer. */
async function tell(command: object | string): Promise<Line> {
  const before = answersOf(device).length;
  device.write(typeof command === 'string' ? command : JSON.stringify(command));
  return eventually(
    () => {
      const answer = answersOf(device)[before];
      if (answer === undefined) throw new Error(`no answer to ${JSON.stringify(command)}: ${device.stderr}`);
      return answer;
    },
    { deadlineMs: WITHIN_MS + 10_000 },
  );
}

const toldOf = (event: string, fields: Line) =>
  eventually(() => expect(eventsOf(device, event)).toContainEqual(expect.objectContaining(fields)), {
    deadlineMs: WITHIN_MS,
  });

it('opts in and goes online, by one line each', { timeout: TIMEOUT }, async () => {
  expect(await tell({ do: 'online' })).toEqual({ ok: false, code: 'not_registered' });
  expect(await tell({ do: 'opt-in' })).toEqual({ ok: true });
  expect(await tell({ do: 'online' })).toEqual({ ok: true });
});

it('answers a line that is no command with a code, and goes on', { timeout: TIMEOUT }, async () => {
  const bad = [
    'no json',
    '[]',
    '{"do":"fly"}',
    '{"do":"send"}',
    '{"do":"online","x":1}',
    `"${'x'.repeat(70_000)}"`,
  ];
  for (const line of bad) expect(await tell(line)).toEqual({ ok: false, code: 'command_invalid' });
  expect(await tell({ do: 'send', to: 'nobody', kind: 'text', text: 'x' })).toEqual({
    ok: false,
    code: 'recipient_invalid',
  });
  expect(await tell({ do: 'received' })).toEqual({ ok: true, messages: [] });
});

it('sends each kind, and tells of receipts', { timeout: TIMEOUT }, async () => {
  const to = bob.jid;
  const file = join(provider.path, 'file.bin');
  const bytes = Buffer.alloc(70_000, 'bytes of a file');
  writeFileSync(file, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { id } = await tell({ do: 'send', to, kind: 'text', text: 'hello' });
  expect(await bob.shows(String(id), WITHIN_MS)).toMatchObject({ kind: 'text', text: 'hello' });
  await toldOf('receipt', { from: to, kind: 'delivered', ids: [id] });
  await bob.read(String(id));
  await toldOf('receipt', { from: to, kind: 'read', ids: [id] });
  const rest = [
    [
      { kind: 'reply', text: 'more', id },
      { text: 'more', quotedId: id },
    ],
    [
      { kind: 'reaction', text: '👍', id },
      { emoji: '👍', targetId: id },
    ],
    [
      { kind: 'image', file, text: 'look' },
      { sha256, caption: 'look' },
    ],
    [{ kind: 'voice', file }, { sha256 }],
    [{ kind: 'video', file }, { sha256 }],
    [
      { kind: 'document', file },
      { sha256, fileName: 'file.bin' },
    ],
  ] as const;
  for (const [request, shown] of rest) {
    const answer = await tell({ do: 'send', to, ...request });
    expect(answer).toEqual({ ok: true, id: expect.any(String) });
    expect(await bob.shows(String(answer['id']), WITHIN_MS)).toMatchObject(shown);
  }
  expect(await tell({ do: 'send', to, kind: 'image' })).toEqual({ ok: false, code: 'content_missing' });
  expect(await tell({ do: 'send', to, kind: 'typing' })).toEqual({ ok: true });
  await eventually(async () => expect((await bob.received()).typing).toHaveLength(1));
});

it('tells of what comes', { timeout: TIMEOUT }, async () => {
  const id = await bob.send({ to: eve, kind: 'text', text: 'from bob' });
  await toldOf('message', { from: bob.jid, kind: 'text', id, text: 'from bob' });
  const bytes = Buffer.alloc(3_000, 'pdf');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const sample = { path: '', fileName: 'a.pdf', mimetype: 'application/pdf', bytes, sha256 };
  await bob.sendFile(eve, 'document', sample);
  await toldOf('message', { kind: 'document', sha256 });
  await bob.type(eve, 'composing');
  await toldOf('typing', { from: bob.jid, state: 'composing' });
  expect(await tell({ do: 'send', to: bob.jid, kind: 'read', id })).toEqual({ ok: true });
  await bob.receipt(id, 'readAt', WITHIN_MS);
  const { messages } = await tell({ do: 'received' });
  expect(messages).toMatchObject([
    { id, text: 'from bob' },
    { kind: 'document', sha256 },
  ]);
});

it('keeps what is sent without a connection until there is one', { timeout: TIMEOUT }, async () => {
  expect(await tell({ do: 'offline' })).toEqual({ ok: true });
  const { id } = await tell({ do: 'send', to: bob.jid, kind: 'text', text: 'later' });
  expect(await tell({ do: 'online' })).toEqual({ ok: true });
  expect(await bob.shows(String(id), WITHIN_MS)).toMatchObject({ text: 'later' });
});

it(
  'shows nothing twice and loses nothing when it is killed right after a message',
  { timeout: TIMEOUT },
  async () => {
    const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
    const seen: Line[] = [];
    const before = eventsOf(device, 'message').length;
    for (const text of texts) await bob.send({ to: eve, kind: 'text', text });
    for (let kills = 0; kills < 3; kills += 1) {
      const skip = kills === 0 ? before : 0;
      await eventually(() => expect(eventsOf(device, 'message').length).toBeGreaterThan(skip), {
        deadlineMs: WITHIN_MS,
      });
      device.kill();
      await device.end();
      seen.push(...eventsOf(device, 'message').slice(skip));
      device = startDevice();
      await bob.send({ to: eve, kind: 'text', text: `after kill ${kills}` });
      texts.push(`after kill ${kills}`);
      expect(await tell({ do: 'online' })).toEqual({ ok: true });
    }
    await eventually(
      () => {
        const shown = [...seen, ...eventsOf(device, 'message')].map(({ text }) => text);
        expect(shown).toEqual(texts);
      },
      { deadlineMs: WITHIN_MS },
    );
  },
);

it('opts out, and is told that nothing passes', { timeout: TIMEOUT }, async () => {
  expect(await tell({ do: 'opt-out' })).toEqual({ ok: true });
  const { ok, code } = await tell({ do: 'send', to: bob.jid, kind: 'text', text: 'still?' });
  expect({ ok, code }).toEqual({ ok: false, code: 'not_enlisted' });
  await toldOf('refused', { code: 'not_enlisted' });
});

it('ends with its input, as the others do with SIGTERM', { timeout: TIMEOUT }, async () => {
  device.endInput();
  expect(await device.end()).toMatchObject({ code: 0, stderr: '' });
  for (const command of [stack, sim]) {
    command.signal('SIGTERM');
    expect(await command.end()).toMatchObject({ code: 0 });
  }
});
