import { basename } from 'node:path';
import { z } from 'zod';
import { CliError } from '../errors.js';
import type { ProviderUser } from '../journey/user.js';

const WITHIN_MS = 30_000;
const RECEIVED = 100;

const Send = z.strictObject({
  do: z.literal('send'),
  to: z.string().min(3).max(256),
  kind: z.enum(['text', 'reply', 'reaction', 'image', 'voice', 'video', 'document', 'typing', 'read']),
  text: z.string().max(65_536).optional(),
  file: z.string().max(4096).optional(),
  id: z.string().max(128).optional(),
});

/** One line of `causeway device`. */
export const DeviceCommand = z.discriminatedUnion('do', [
  Send,
  z.strictObject({ do: z.literal('opt-in') }),
  z.strictObject({ do: z.literal('opt-out') }),
  z.strictObject({ do: z.literal('online') }),
  z.strictObject({ do: z.literal('offline') }),
  z.strictObject({ do: z.literal('received') }),
]);
export type DeviceCommand = z.infer<typeof DeviceCommand>;

/**
 * Carries out one command. A message counts as sent when the gatekeeper has taken it; without a connection, as soon as
 * it waits for one: what becomes of it then, an event tells.
 * @returns what belongs into the answer
 * @throws {Error} with a `code`
 */
export async function carryOut(user: ProviderUser, command: DeviceCommand): Promise<object> {
  switch (command.do) {
    case 'opt-in':
      await user.optIn();
      return {};
    case 'opt-out':
      await user.device.optOut(WITHIN_MS);
      return {};
    case 'online':
      await user.device.connect(WITHIN_MS);
      return {};
    case 'offline':
      user.device.disconnect();
      return {};
    case 'received':
      return { messages: user.device.received(RECEIVED) };
    case 'send':
      return send(user, command);
  }
}

async function send(user: ProviderUser, request: z.infer<typeof Send>): Promise<object> {
  const { to, kind, text, file, id: target } = request;
  const { id } = await user.device.send({
    to,
    kind,
    ...(text !== undefined && { text }),
    ...(file !== undefined && { file, fileName: basename(file) }),
    ...(target !== undefined && { id: target }),
  });
  if (kind === 'typing' || kind === 'read') return {};
  if (!user.online) return { id };
  const outcome = await user.outcome(id, WITHIN_MS);
  if (outcome !== 'accepted') throw new CliError(outcome, `the message was refused: ${outcome}`);
  return { id };
}
