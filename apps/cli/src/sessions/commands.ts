import { splitSessionKey, type SessionKey } from '@causeway/contracts/ids';
import { upstreamTopic } from '@causeway/contracts/upstream';
import { listSessions, type ListedSession } from '@causeway/session';
import type { CommandContext } from '../commands/environment.js';
import { operator } from '../operator.js';
import { table } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { withAdminDatabase } from '../stack/admin-database.js';
import { COMMAND, withEvents } from './open.js';

interface JsonOption {
  readonly json: boolean;
}
export interface ListOptions extends JsonOption {
  readonly gatekeeper?: string;
  readonly state?: string;
  readonly limit: number;
}
export interface CloseOptions extends JsonOption {
  readonly reason: string;
}

/** `causeway sessions list`. @returns the exit code @throws as `withAdminDatabase` */
export async function list(
  { json, limit, ...filter }: ListOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const found = await withAdminDatabase(context, COMMAND, (postgres) =>
    listSessions(postgres, filter, limit),
  );
  if (json) {
    context.stdout.write(`${JSON.stringify({ ok: true, ...found })}\n`);
    return 0;
  }
  const states = Object.entries(found.states).map(([state, count]) => `${count} ${state}`);
  terminal.line(states.length === 0 ? 'there are none' : states.join(', '));
  const heading = ['session', 'state', 'partition', 'opened', 'closed', 'because', 'not before'];
  if (found.sessions.length > 0)
    table([heading, ...found.sessions.map(rowOf)]).forEach((line) => terminal.line(line));
  return 0;
}

/**
 * `causeway sessions close`. The owner of the session's partition reads the command like any other; an audit line goes
 * to stderr.
 * @returns the exit code
 * @throws as `withEvents`
 */
export async function close(
  sessionKey: SessionKey,
  { json, reason }: CloseOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const { gatekeeper } = splitSessionKey(sessionKey);
  // Of whichever connection of the device: an operator does not know its epoch.
  const epoch = Number.MAX_SAFE_INTEGER;
  const command = { type: 'close', sessionKey, gatekeeper, epoch, code: 'closed_by_operator' } as const;
  await withEvents(context, (bus) => bus.publish(upstreamTopic, [{ data: command }]));
  const audit = { audit: 'sessions', at: new Date().toISOString(), action: 'close', actor: operator() };
  context.stderr.write(`${JSON.stringify({ ...audit, sessionKey, reason })}\n`);
  if (json) context.stdout.write(`${JSON.stringify({ ok: true, sessionKey })}\n`);
  else terminal.line(`${sessionKey} is told to close; its pod does so within seconds`);
  return 0;
}

function rowOf(session: ListedSession): string[] {
  const { sessionKey, state, partition, lastOpenedAt, lastClosedAt, code, notBefore } = session;
  const time = (at: Date | undefined) => at?.toISOString() ?? '-';
  const times = [time(lastOpenedAt), time(lastClosedAt)];
  return [sessionKey, state, String(partition), ...times, code ?? '-', time(notBefore)];
}
