import { pino, type DestinationStream } from 'pino';
import { currentTraceparent } from '../tracing/traceparent.js';
import { redactFields } from './redact.js';
import { scrubText } from './scrub.js';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes one record: fields first, then a fixed text without values in it. */
export interface LogMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

/**
 * Levels: `error` means that somebody must act now, `warn` heals by itself. Pass errors as `{ err }`. Identifiers,
 * addresses and content do not belong into records; what slips in is masked.
 */
export interface Logger {
  readonly level: string;
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds these fields to each of its records. */
  child(bindings: Record<string, unknown>): Logger;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Where lines of JSON go; standard output by default. */
  readonly destination?: { write(line: string): void };
}

/** A logger that writes JSON lines with redaction. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const stream: DestinationStream = destination ?? pino.destination({ dest: 1, sync: true });
  const root = pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        // A field called `msg` would hide the text of the record.
        log: ({ msg: _msg, ...fields }) => redactFields(fields),
      },
      // The formatter above has reduced errors already; pino's own serializer would print every property.
      serializers: { err: (value: unknown) => value },
      mixin: () => traceFields(),
      hooks: {
        logMethod(args, method) {
          const [first, second] = args as unknown as [unknown, unknown];
          // Further arguments would be interpolated into the text past the redaction.
          if (typeof first === 'string') return method.call(this, scrubText(first));
          if (first instanceof Error) return method.call(this, { err: first }, textOf(second));
          method.call(this, first as object, textOf(second));
        },
      },
    },
    stream,
  );
  // pino applies its formatters to a record's own fields only; children inherit this override.
  const makeChild = root.child;
  return Object.assign(root, {
    child(this: typeof root, bindings: Record<string, unknown>): Logger {
      return makeChild.call(this, redactFields(bindings));
    },
  });
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? scrubText(message) : '';
}

function traceFields(): object {
  const traceId = currentTraceparent()?.split('-')[1];
  return traceId === undefined ? {} : { traceId };
}
