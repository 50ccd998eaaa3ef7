import { scrubText } from './scrub.js';

/** What a log says about an error. */
export interface SerializedError {
  readonly type: string;
  readonly code?: string;
  /** Only of our own errors: others quote input, addresses and rows in theirs. */
  readonly message?: string;
  readonly stack?: readonly string[];
  readonly cause?: SerializedError;
}

const maxCauses = 4;
const maxFrames = 12;
const ownCode = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const anyCode = /^(?:[A-Za-z]\w{0,63}|[0-9A-Z]{5})$/; // ECONNREFUSED, ERR_INVALID_URL, SQLSTATE 23505

/**
 * Type, code and stack frames of an error and its causes. Every other property is dropped, and so is the message unless
 * the error has a code in the form of ours, whose messages hold no personal data.
 */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = codeOf(error);
  return {
    type: scrubText(error.constructor.name || 'Error'),
    ...(code === undefined ? {} : { code }),
    ...(code !== undefined && ownCode.test(code) ? { message: scrubText(error.message) } : {}),
    ...(typeof error.stack === 'string' ? { stack: framesOf(error.stack) } : {}),
    ...(error.cause === undefined || depth >= maxCauses
      ? {}
      : { cause: serializeError(error.cause, depth + 1) }),
  };
}

function codeOf(error: Error): string | undefined {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && anyCode.test(code) ? code : undefined;
}

/** Stack lines without the head, which repeats the message. */
function framesOf(stack: string): string[] {
  const frames = stack.split('\n', 200).filter((line) => /^ {4}at /.test(line));
  return frames.slice(0, maxFrames).map((line) => line.trim());
}
