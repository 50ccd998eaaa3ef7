import { same, type JourneyContext, type Step } from './step.js';

const WITHIN_MS = 15_000;

/** Sends from the device and waits until the gatekeeper took it and the phone shows it. */
async function out(
  context: JourneyContext,
  request: Parameters<JourneyContext['alice']['device']['send']>[0],
) {
  const { alice, bob } = context;
  const { id } = await alice.device.send(request);
  same('the outcome', await alice.outcome(id, WITHIN_MS), 'accepted');
  return { id, shown: await bob.shows(id, WITHIN_MS) };
}

/** Waits until the device shows what the phone sent. */
async function into(context: JourneyContext, send: Promise<string>) {
  const id = await send;
  const shown = await context.alice.shows(id, WITHIN_MS);
  same('the sender', shown.from, context.bob.jid);
  return { id, shown };
}

export const textOut: Step = async (context) => {
  const text = 'Lunch at the lake on Friday? 🚣 Bring Zoë.';
  const { id, shown } = await out(context, { to: context.bob.jid, kind: 'text', text });
  same('the text', shown.text, text);
  context.ids.set('invitation', id);
  return `alice → bob  ${text}`;
};

export const textIn: Step = async (context) => {
  const text = 'Yes! What time?';
  const { id, shown } = await into(
    context,
    context.bob.send({ to: context.alice.identifier, kind: 'text', text }),
  );
  same('the text', shown.text, text);
  context.ids.set('question', id);
  return `bob → alice  ${text}`;
};

export const replyOut: Step = async (context) => {
  const id = idOf(context, 'question');
  const { shown } = await out(context, { to: context.bob.jid, kind: 'reply', text: 'At noon', id });
  same('the text', shown.text, 'At noon');
  same('the quoted message', shown.quotedId, id);
  return 'alice → bob  ↳ Yes! What time?  At noon';
};

export const replyIn: Step = async (context) => {
  const id = idOf(context, 'invitation');
  const reply = { to: context.alice.identifier, kind: 'reply', text: 'I bring the boat', id };
  const { shown } = await into(context, context.bob.send(reply));
  same('the text', shown.text, 'I bring the boat');
  same('the quoted message', shown.target, id);
  return 'bob → alice  ↳ Lunch at the lake…  I bring the boat';
};

export const reactionOut: Step = async (context) => {
  const id = idOf(context, 'question');
  const { shown } = await out(context, { to: context.bob.jid, kind: 'reaction', text: '👍', id });
  same('the emoji', shown.emoji, '👍');
  same('the message reacted to', shown.targetId, id);
  return 'alice → bob  👍 on “Yes! What time?”';
};

export const reactionIn: Step = async (context) => {
  const id = idOf(context, 'invitation');
  const reaction = { to: context.alice.identifier, kind: 'reaction', text: '❤️', id };
  const { shown } = await into(context, context.bob.send(reaction));
  same('the emoji', shown.text, '❤️');
  same('the message reacted to', shown.target, id);
  return 'bob → alice  ❤️ on “Lunch at the lake…”';
};

/** @returns the step in which the device sends a file */
export function fileOut(kind: 'image' | 'voice' | 'document'): Step {
  return async (context) => {
    const { path: file, mimetype, fileName, sha256, bytes } = context.samples[kind];
    const named = kind === 'document' ? { fileName } : {};
    const { shown } = await out(context, { to: context.bob.jid, kind, file, mimetype, ...named });
    same('the file', shown.sha256, sha256);
    same('the media type', shown.mimetype, mimetype);
    return `alice → bob  ${kind} ${fileName}, ${bytes.length} bytes, sha256 ${sha256.slice(0, 12)}…`;
  };
}

/** @returns the step in which the phone sends a file */
export function fileIn(kind: 'image' | 'voice' | 'document'): Step {
  return async (context) => {
    const sample = context.samples[kind];
    const sent = context.bob.sendFile(context.alice.identifier, kind, sample);
    const { shown } = await into(context, sent);
    same('the file', shown.sha256, sample.sha256);
    same('the media type', shown.mimetype, sample.mimetype);
    return `bob → alice  ${kind} ${sample.fileName}, ${sample.bytes.length} bytes, sha256 ${sample.sha256.slice(0, 12)}…`;
  };
}

function idOf({ ids }: JourneyContext, name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new TypeError(`an earlier step left no message: ${name}`);
  return id;
}
