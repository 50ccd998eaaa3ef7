import { connect } from 'node:net';

/** Sends bytes over a new connection and resolves with the first ones that come back. Rejects after `deadlineMs`. */
export async function askByTcp(
  address: { readonly host: string; readonly port: number },
  request: Uint8Array,
  deadlineMs = 1_000,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: deadlineMs });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Error(why));
    };
    socket.on('connect', () => socket.write(request));
    socket.on('timeout', () => fail('no answer'));
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => fail('closed without an answer'));
    socket.on('data', (answer: Buffer) => {
      socket.destroy();
      resolve(answer);
    });
  });
}
