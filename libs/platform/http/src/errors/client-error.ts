import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { httpError } from './http-error.js';
import type { HttpErrorCode } from './http-errors.js';
import { problemContentType, toProblem } from './problem.js';

const byNodeCode: Readonly<Record<string, HttpErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers bytes that are not a request, and closes the connection: nothing after them can be trusted. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = httpError(byNodeCode[error.code ?? ''] ?? 'malformed_request');
  const body = JSON.stringify(toProblem(problem, undefined));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
