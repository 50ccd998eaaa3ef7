import { AsyncLocalStorage } from 'node:async_hooks';
import { context, isSpanContextValid, trace, TraceFlags, type SpanContext } from '@opentelemetry/api';

const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

// Without an SDK the API's context manager does nothing, and the trace would end at the first service that has none.
const carried = new AsyncLocalStorage<string>();

/** Whether the text is a W3C `traceparent` of version 00. */
export function isTraceparent(text: string): boolean {
  return form.test(text);
}

/** The W3C `traceparent` of the work going on, to be put into events and requests. */
export function currentTraceparent(): string | undefined {
  const active = trace.getSpanContext(context.active());
  if (active && isSpanContextValid(active)) {
    const flags = (active.traceFlags & 0xff).toString(16).padStart(2, '0');
    return `00-${active.traceId}-${active.spanId}-${flags}`;
  }
  return carried.getStore();
}

/** Runs `fn` as part of the trace that `traceparent` names; an absent or malformed one is ignored. */
export function runWithTraceparent<T>(traceparent: string | undefined, fn: () => T): T {
  const parent = traceparent === undefined ? undefined : parse(traceparent);
  if (!parent || traceparent === undefined) return fn();
  const parentContext = trace.setSpanContext(context.active(), parent);
  return carried.run(traceparent, () => context.with(parentContext, fn));
}

function parse(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = form.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
