import { SpanStatusCode, trace } from '@opentelemetry/api';

/**
 * Runs `fn` in a span of this name. Without an SDK in the process it only runs `fn`. Of an error the span keeps the
 * class, never the message.
 * @param name low-cardinality: what is done, not to whom
 */
export async function withSpan<T>(name: string, fn: () => Promise<T> | T): Promise<T> {
  return trace.getTracer('causeway').startActiveSpan(name, async (span) => {
    try {
      return await fn();
    } catch (err) {
      const message = err instanceof Error ? err.constructor.name : typeof err;
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw err;
    } finally {
      span.end();
    }
  });
}
