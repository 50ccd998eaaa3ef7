import type { FastifyInstance } from 'fastify';
import type { AccountDirectory } from '../accounts/directory.js';
import type { Limits } from '../limits.js';
import type { TokenVerifier } from '../tokens/verify.js';
import { enlist } from './enlist.js';

export const enlistmentPath = '/3p/interop_reg';

/** `POST /3p/interop_reg`: always HTTP 200, whatever the answer says. */
export function registerEnlistment(
  http: FastifyInstance,
  accounts: AccountDirectory,
  tokens: TokenVerifier,
  limits: Limits,
): void {
  http.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: limits.enlistmentBytes },
      (_request, body, done) => done(null, body),
    );
    // Anything that is not a form, or too long for one, is a form with nothing in it.
    scope.setErrorHandler((_error, _request, reply) =>
      reply.code(200).send({ reason: 'bad_param', status: 'fail' }),
    );
    scope.post(enlistmentPath, async (request) =>
      enlist(typeof request.body === 'string' ? request.body : '', accounts, tokens),
    );
  });
}
