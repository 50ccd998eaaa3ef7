import type { Readable } from 'node:stream';
import { ProviderUser } from '../journey/user.js';
import { readEndpoints } from '../stack/endpoints.js';
import { carryOut, DeviceCommand } from './device-commands.js';
import type { CommandContext } from './environment.js';
import { linesOf } from './lines.js';

const MAX_LINE = 64 * 1024;

export interface DeviceOptions {
  readonly endpoints: string;
  readonly data: string;
  readonly user: string;
}

/**
 * `causeway device`: drives the reference device by JSON lines, one command per line on stdin; one answer per command
 * and events as they come on stdout. Ends with stdin.
 */
export async function device(
  options: DeviceOptions,
  input: Readable,
  context: CommandContext,
): Promise<number> {
  const user = new ProviderUser(options.user, readEndpoints(options.endpoints), options.data);
  const say = (line: object) => void context.stdout.write(`${JSON.stringify(line)}\n`);
  tellEvents(user, say);
  try {
    // One command after another: the next line is read when the answer is given.
    for await (const line of linesOf(input, MAX_LINE)) {
      if (line?.trim() !== '') say(await answer(user, line));
    }
    return 0;
  } finally {
    await user.device.close();
  }
}

async function answer(user: ProviderUser, line: string | undefined): Promise<object> {
  const command = line === undefined ? undefined : parse(line);
  if (command === undefined) return { ok: false, code: 'command_invalid' };
  try {
    return { ok: true, ...(await carryOut(user, command)) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    return { ok: false, code };
  }
}

function parse(line: string): DeviceCommand | undefined {
  try {
    return DeviceCommand.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function tellEvents({ device: { events } }: ProviderUser, say: (line: object) => void): void {
  events.on('message', ({ from, kind, id, text, sha256, target, mediaError }) => {
    say({ event: 'message', from, kind, id, text, sha256, target, mediaError });
  });
  events.on('receipt', ({ from, kind, ids }) => say({ event: 'receipt', from, kind, ids }));
  events.on('typing', ({ from, state }) => say({ event: 'typing', from, state }));
  events.on('identity', ({ peer }) => say({ event: 'identity', from: peer }));
  events.on('refused', ({ id, code }) => say({ event: 'refused', id, code }));
}
