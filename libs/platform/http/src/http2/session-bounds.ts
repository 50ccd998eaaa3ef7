import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '@causeway/lifecycle';
import { limits } from '@causeway/limits';

/** Bounds that Node's own parser keeps, of one connection each. */
export const sessionOptions = {
  settings: {
    enablePush: false,
    maxConcurrentStreams: limits.http2Streams.value,
    maxHeaderListSize: limits.httpHeaderBytes.value,
  },
  maxHeaderListPairs: limits.http2HeaderItems.value,
  // In units of a megabyte.
  maxSessionMemory: limits.http2SessionBytes.value / 1_000_000,
  maxSessionInvalidFrames: limits.http2InvalidFrames.value,
  maxSessionRejectedStreams: limits.http2InvalidFrames.value,
  // A stream that is begun and taken back costs us a request, and its sender nothing (CVE-2023-44487).
  streamResetBurst: limits.http2ResetItems.value,
  streamResetRate: limits.http2ResetsPerSecond.value,
};

/**
 * Bounds in time, which HTTP/2 knows none of: a connection without traffic, one that is old or has carried its share
 * of requests, and a request that does not arrive in time. Connections are told to go (GOAWAY) and end with the requests
 * under way; one that has not ended by then is cut.
 */
export function boundSession(session: ServerHttp2Session, clock: Clock): void {
  let requests = 0;
  session.setTimeout(limits.httpKeepAliveMs.value, () => session.close());
  const old = clock.setTimeout(() => end(session, clock), limits.http2SessionMs.value);
  old.unref();
  session.on('close', () => clock.clearTimeout(old));
  // Of a connection that broke; requests under way are told by their own streams.
  session.on('error', () => session.destroy());
  session.on('stream', (stream) => {
    boundStream(stream, clock);
    requests += 1;
    if (requests === limits.httpRequestsPerSocket.value) end(session, clock);
  });
}

function end(session: ServerHttp2Session, clock: Clock): void {
  session.close();
  const late = clock.setTimeout(() => session.destroy(), limits.httpRequestMs.value);
  late.unref();
  session.on('close', () => clock.clearTimeout(late));
}

function boundStream(stream: ServerHttp2Stream, clock: Clock): void {
  // Without traffic: an answer that is not read.
  stream.setTimeout(limits.httpRequestMs.value, () => stream.close());
  // With or without: a request that comes byte by byte.
  const late = clock.setTimeout(() => {
    if (!hasArrived(stream)) stream.close();
  }, limits.httpRequestMs.value);
  late.unref();
  stream.on('close', () => clock.clearTimeout(late));
}

/** Whether all of a request is here, read or not: its sender has ended the stream. */
function hasArrived({ endAfterHeaders, state }: ServerHttp2Stream): boolean {
  return endAfterHeaders || state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE;
}
