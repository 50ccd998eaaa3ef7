import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AppError } from './app-error.js';
import { problemContentType, toProblem } from './problem.js';

/** Answers on a bare connection, which the framework does not have (any more), and closes it: an upgrade that is refused. */
export function answerOnSocket(socket: Duplex, error: AppError): void {
  const problem = toProblem(error, undefined);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
