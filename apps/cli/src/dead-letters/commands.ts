import type { LetterFilter } from '@causeway/events';
import type { CommandContext } from '../commands/environment.js';
import { CliError } from '../errors.js';
import { operator } from '../operator.js';
import type { Terminal } from '../output/terminal.js';
import { describeLetter, describeList, describeReplay, quoted } from './describe.js';
import { withDeadLetters } from './open.js';

interface JsonOption {
  readonly json: boolean;
}
export interface ListOptions extends LetterFilter, JsonOption {
  readonly limit: number;
}
export interface ShowOptions extends JsonOption {
  readonly reveal: boolean;
}
export interface ReplayOptions extends ListOptions {
  readonly all: boolean;
}
export interface DropOptions extends JsonOption {
  readonly reason: string;
}

/** `causeway dlq list`. @returns the exit code @throws as `withDeadLetters` */
export async function list(
  { json, limit, ...options }: ListOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const found = await withDeadLetters(context, (letters) => letters.list(filterOf(options), limit));
  return tell(json, context, terminal, found, describeList(found));
}

/**
 * `causeway dlq show`. With `--reveal` an audit line goes to stderr too, before the content goes to stdout.
 * @returns the exit code
 * @throws {DeadLetterError} `dead_letter_unknown`
 */
export async function show(
  id: string,
  { json, reveal }: ShowOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  if (!reveal) {
    const letter = await withDeadLetters(context, (letters) => letters.show(id));
    return tell(json, context, terminal, { letter }, describeLetter(letter));
  }
  const actor = operator();
  const revealed = await withDeadLetters(context, (letters) => letters.reveal(id, actor));
  audit(context, { action: 'revealed', actor, letter: id });
  const { letter, key, payload } = revealed;
  const lines = [
    ...describeLetter(letter),
    `key        ${quoted(key)}`,
    `payload    ${quoted(payload ?? null)}`,
  ];
  return tell(json, context, terminal, { letter, key, payload: payload ?? null }, lines);
}

/**
 * `causeway dlq replay`.
 * @returns the exit code
 * @throws {CliError} `replay_target`; DeadLetterError
 */
export async function replay(
  id: string | undefined,
  { json, all, limit, ...options }: ReplayOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  if ((id !== undefined) === (all || options.lane !== undefined)) {
    throw new CliError('replay_target', 'replay takes one of: the id of a letter, --lane LANE, --all');
  }
  const actor = operator();
  const report = await withDeadLetters(context, (letters) =>
    id === undefined ? letters.replayAll(filterOf(options), limit, actor) : letters.replay(id, actor),
  );
  audit(context, { action: 'replayed', actor, letters: report.replayed.length });
  return tell(json, context, terminal, report, describeReplay(report));
}

/** `causeway dlq drop`. @returns the exit code @throws {DeadLetterError} `dead_letter_unknown` */
export async function drop(
  id: string,
  { json, reason }: DropOptions,
  context: CommandContext,
  terminal: Terminal,
): Promise<number> {
  const actor = operator();
  const dropped = await withDeadLetters(context, (letters) => letters.drop(id, reason, actor));
  audit(context, { action: 'dropped', actor, letter: id });
  return tell(json, context, terminal, { dropped }, [
    `dropped ${dropped.id}: ${dropped.topic}, ${dropped.code}`,
  ]);
}

function filterOf({ topic, group, code, lane }: LetterFilter): LetterFilter {
  return { topic, group, code, lane };
}

function tell(
  json: boolean,
  { stdout }: CommandContext,
  terminal: Terminal,
  report: object,
  lines: readonly string[],
): number {
  if (json) stdout.write(`${quoted({ ok: true, ...report })}\n`);
  else lines.forEach((line) => terminal.line(line));
  return 0;
}

/** The same goes into the table of what operators did; this line is for whoever keeps the terminal's output. */
function audit({ stderr }: CommandContext, entry: object): void {
  stderr.write(`${JSON.stringify({ audit: 'dead_letters', at: new Date().toISOString(), ...entry })}\n`);
}
