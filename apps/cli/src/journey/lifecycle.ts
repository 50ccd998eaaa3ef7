import { CliError } from '../errors.js';
import { same, type Step } from './step.js';
import { until } from './until.js';

const WITHIN_MS = 15_000;

/** Consent is given and the device publishes its keys; the answer already tells how far the enlistment got. */
export const optIn: Step = async ({ alice }) => {
  const deviceId = await alice.device.register();
  same('the state', await alice.optIn(), 'enlisted');
  return `alice opts in as ${alice.identifier} with device ${deviceId.slice(0, 8)}…`;
};

/** The gatekeeper knows the user: its chat server lets her in. */
export const enlist: Step = async ({ alice }) => {
  await alice.enter(WITHIN_MS);
  return 'the gatekeeper has enlisted alice, and her session is open';
};

export const typing: Step = async ({ alice, bob }) => {
  await alice.device.send({ to: bob.jid, kind: 'typing' });
  await until('the phone sees alice typing', WITHIN_MS, async () => {
    const { typing: notices } = await bob.received();
    return notices.some(({ state }) => state === 'composing') || undefined;
  });
  await bob.type(alice.identifier, 'composing');
  await until(
    'the device sees bob typing',
    WITHIN_MS,
    () => alice.typing.some(({ from }) => from === bob.jid) || undefined,
  );
  return 'alice is typing… bob is typing…';
};

export const receipts: Step = async ({ alice, bob, ids }) => {
  const [invitation = '', question = ''] = [ids.get('invitation'), ids.get('question')];
  await alice.receipt(invitation, 'delivered', WITHIN_MS);
  await bob.receipt(question, 'deliveredAt', WITHIN_MS);
  await bob.read(question === '' ? '' : await lastFromAlice(bob));
  await alice.device.send({ to: bob.jid, kind: 'read', id: question });
  await bob.receipt(question, 'readAt', WITHIN_MS);
  await until(
    "alice's device gets a read receipt",
    WITHIN_MS,
    () => alice.receipts.some(({ kind }) => kind === 'read') || undefined,
  );
  return 'delivered ✓✓ and read ✓✓, both ways';
};

export const wake: Step = async ({ alice, bob, wakes }) => {
  const deviceId = await alice.device.register();
  alice.device.disconnect();
  await bob.seesOffline(alice.identifier, WITHIN_MS);
  const woken = wakes.next(deviceId);
  const text = 'Are you on your way?';
  const id = await sendWhileOffline(alice.identifier, bob, text);
  await withDeadline(woken, 'the provider is asked to wake the device');
  await alice.device.connect(WITHIN_MS);
  const shown = await alice.shows(id, WITHIN_MS);
  same('the text', shown.text, text);
  return `alice is offline; bob writes; the gatekeeper calls; the device wakes and shows “${text}”`;
};

export const optOut: Step = async ({ alice, bob }) => {
  const { state } = await alice.device.optOut(WITHIN_MS);
  same('the state', state, 'deleted');
  const inbound = await bob.send({ to: alice.identifier, kind: 'text', text: 'Still there?' }).then(
    () => 'accepted',
    (error: unknown) => (error instanceof CliError ? error.code : 'failed'),
  );
  same('what the phone is told', inbound, 'unknown_recipient');
  const { id } = await alice.device.send({ to: bob.jid, kind: 'text', text: 'And me?' });
  same('what the device is told', await alice.outcome(id, WITHIN_MS), 'not_enlisted');
  return 'alice opts out; the gatekeeper confirms the deletion; nothing passes any more';
};

async function sendWhileOffline(to: string, bob: Parameters<Step>[0]['bob'], text: string): Promise<string> {
  return bob.send({ to, kind: 'text', text });
}

async function lastFromAlice(bob: Parameters<Step>[0]['bob']): Promise<string> {
  const { messages } = await bob.received();
  const last = messages.findLast(({ kind }) => kind !== 'reaction');
  if (last === undefined) throw new TypeError('the phone has received nothing');
  return last.id;
}

async function withDeadline(promise: Promise<void>, what: string): Promise<void> {
  let done = false;
  promise.then(
    () => (done = true),
    () => undefined,
  );
  await until(what, WITHIN_MS, () => done || undefined);
}
