import { Transform } from 'node:stream';
import { EgressError } from './egress.errors.js';

/** Passes bytes on and fails at the bound, so that nothing larger is ever held. */
export function boundedBody(maxBytes: number): Transform {
  let received = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > maxBytes)
        done(new EgressError('egress_too_large', `the answer is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}
