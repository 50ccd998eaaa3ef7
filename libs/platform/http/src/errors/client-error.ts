import type { Socket } from 'node:net';
import { answerOnSocket } from './answer-socket.js';
import { httpError } from './http-error.js';
import type { HttpErrorCode } from './http-errors.js';

const byNodeCode: Readonly<Record<string, HttpErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers bytes that are not a request, and closes the connection: nothing after them can be trusted. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  answerOnSocket(socket, httpError(byNodeCode[error.code ?? ''] ?? 'malformed_request'));
}
