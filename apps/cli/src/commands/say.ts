import { StoreError } from '@causeway/device-sdk';
import { CliError } from '../errors.js';
import { Phone } from '../journey/phone.js';
import { identifierOf, ProviderUser } from '../journey/user.js';
import type { Terminal } from '../output/terminal.js';
import { readEndpoints, type StackEndpoints } from '../stack/endpoints.js';
import { stackFolders } from '../stack/folders.js';
import { BOB } from './conversation.js';
import type { CommandContext } from './environment.js';

const WITHIN_MS = 20_000;

/** `causeway say NAME TEXT`: a user of ours writes to bob's phone. */
export async function say(
  name: string,
  text: string,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const { user, bob } = await talkers(name, context);
  try {
    await user.enter(WITHIN_MS);
    const { id } = await user.device.send({ to: bob.jid, kind: 'text', text });
    const outcome = await user.outcome(id, WITHIN_MS);
    if (outcome !== 'accepted') throw new CliError(outcome, `the message was refused: ${outcome}`);
    const shown = await bob.shows(id, WITHIN_MS);
    terminal.line(`bob's phone shows: ${shown.text ?? ''}`);
    return 0;
  } finally {
    await user.device.close();
  }
}

/** `causeway sim say bob TEXT`: bob's phone writes to a user of ours. */
export async function simSay(
  text: string,
  to: string,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const { bob } = await phoneOf(context);
  try {
    await bob.send({ to: identifierOf(to), kind: 'text', text });
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'unknown_recipient') throw error;
    const message = `the gatekeeper does not know ${to}, who has to opt in first, as by \`causeway say ${to} hi\``;
    throw new CliError(error.code, message, { cause: error });
  }
  terminal.line(`bob wrote to ${to}`);
  return 0;
}

/** `causeway watch NAME`: shows what arrives at a user's device until a signal. */
export async function watch(
  name: string,
  context: CommandContext,
  terminal: Terminal,
  ended: Promise<unknown>,
): Promise<number> {
  const { user } = await talkers(name, context);
  try {
    user.device.events.on('message', (message) => {
      terminal.line(
        `${message.from.split('@')[0] ?? ''}: ${message.text ?? message.fileName ?? message.kind}`,
      );
    });
    user.device.events.on('typing', ({ state }) => terminal.note(`… ${state}`));
    await user.enter(WITHIN_MS);
    terminal.note(`${name}'s device is connected; Ctrl-C ends`);
    await ended;
    return 0;
  } finally {
    await user.device.close();
  }
}

/** The user's device is the one of the conversation that `causeway start` shows: there is one device per user. */
async function talkers(name: string, context: CommandContext): Promise<{ user: ProviderUser; bob: Phone }> {
  const { bob, endpoints, folders } = await phoneOf(context);
  return { user: openUser(name, endpoints, folders.devices), bob };
}

async function phoneOf(context: CommandContext) {
  const folders = stackFolders(context.dataRoot);
  const endpoints = readEndpoints(folders.endpoints);
  const bob = new Phone(controlOf(endpoints), BOB);
  await bob.create('Bob');
  return { bob, endpoints, folders };
}

function openUser(...[name, endpoints, folder]: ConstructorParameters<typeof ProviderUser>): ProviderUser {
  try {
    return new ProviderUser(name, endpoints, folder);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store_in_use') throw error;
    const message = `${name}'s device is in use, perhaps by \`causeway watch ${name}\` in another terminal: end that first`;
    throw new CliError('device_in_use', message, { cause: error });
  }
}

function controlOf({ control }: StackEndpoints): string {
  if (control === undefined) throw new CliError('no_simulator', 'the stack runs without the simulator');
  return control;
}
