type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** One captured line: the level, the message and the fields beside it. */
export interface LogLine {
  readonly level: Level;
  readonly message: string;
  readonly fields: object;
}

interface CapturingMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

/** Has the shape of the platform's logger. */
export type CapturingLogger = Readonly<Record<Level, CapturingMethod>> & {
  readonly level: string;
  child(bindings: Record<string, unknown>): CapturingLogger;
};

/** A logger, and what it was told. */
export interface CapturedLogs {
  readonly logger: CapturingLogger;
  readonly lines: readonly LogLine[];
  /** All lines as text, to search for what must never be there. */
  text(): string;
}

export function captureLogs(): CapturedLogs {
  const lines: LogLine[] = [];
  return { logger: loggerInto(lines, {}), lines, text: () => lines.map(render).join('\n') };
}

function loggerInto(lines: LogLine[], bindings: object): CapturingLogger {
  const at =
    (level: Level): CapturingMethod =>
    (first: object | string, message?: string) => {
      const fields = typeof first === 'string' ? {} : first;
      lines.push({
        level,
        message: typeof first === 'string' ? first : (message ?? ''),
        fields: { ...bindings, ...fields },
      });
    };
  return {
    level: 'trace',
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (more): CapturingLogger => loggerInto(lines, { ...bindings, ...more }),
  };
}

function render({ level, message, fields }: LogLine): string {
  return JSON.stringify({ level, message, ...fields }, (_, value: unknown) =>
    value instanceof Error ? `${value.name}: ${value.message}` : value,
  );
}
