import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PhoneError, type PhoneErrorCode } from '../users/phone-errors.js';
import type { PhoneUser, TypingState } from '../users/phone-user.js';
import type { Phones } from '../users/phones.js';
import {
  createUserSchema,
  numberSchema,
  readSchema,
  readSendRequest,
  REQUEST_BYTES,
  sendSchema,
  typingSchema,
  type SendRequest,
} from './users-requests.js';

const STATUS: Readonly<Record<PhoneErrorCode, number>> = {
  number_invalid: 400,
  request_invalid: 400,
  file_invalid: 400,
  unknown_user: 404,
  unknown_recipient: 404,
  unknown_target: 404,
  number_taken: 409,
  no_keys: 409,
  bundle_invalid: 409,
  file_too_large: 413,
  file_refused: 422,
  busy: 503,
  undeliverable: 503,
  users_full: 503,
};

interface OfUser {
  Params: { number: string };
}

const params = { type: 'object', required: ['number'], properties: { number: numberSchema } } as const;

/** Adds `/control/users…`: create phones, make them send, and see what they received. Errors are `{code, message}`. */
export function registerUserRoutes(app: FastifyInstance, phones: Phones): void {
  app.register(async (scope) => {
    scope.setErrorHandler(replyWithError);
    scope.addHook('preValidation', refuseUnknownFields);
    const user = (request: FastifyRequest<OfUser>): PhoneUser => phones.get(request.params.number);

    scope.post<{ Body: { number: string; name?: string } }>(
      '/control/users',
      { schema: { body: createUserSchema } },
      async (request, reply) => reply.code(201).send(describe(phones.create(request.body))),
    );
    scope.get('/control/users', async () => ({ users: phones.list().map(describe) }));
    scope.post<OfUser & { Body: SendRequest }>(
      '/control/users/:number/send',
      { schema: { params, body: sendSchema }, bodyLimit: REQUEST_BYTES },
      async (request) => ({ id: await user(request).send(request.body.to, readSendRequest(request.body)) }),
    );
    scope.post<OfUser & { Body: { to: string; state: TypingState } }>(
      '/control/users/:number/typing',
      { schema: { params, body: typingSchema } },
      async (request, reply) => {
        user(request).sendTyping(request.body.to, request.body.state);
        return reply.code(204).send();
      },
    );
    scope.post<OfUser & { Body: { id: string } }>(
      '/control/users/:number/read',
      { schema: { params, body: readSchema } },
      async (request, reply) => {
        user(request).markRead(request.body.id);
        return reply.code(204).send();
      },
    );
    scope.post<OfUser>(
      '/control/users/:number/rotate-identity',
      { schema: { params } },
      async (request, reply) => {
        user(request).rotateIdentity();
        return reply.code(204).send();
      },
    );
    scope.get<OfUser>('/control/users/:number/received', { schema: { params } }, async (request) => ({
      messages: user(request).received(),
      refusals: user(request).refusals(),
      typing: user(request).typing(),
      identityChanges: user(request).identityChanges(),
    }));
    scope.get<OfUser>('/control/users/:number/receipts', { schema: { params } }, async (request) => ({
      receipts: user(request).receipts(),
    }));
  });
}

function describe({ number, jid, name }: PhoneUser): { number: string; jid: string; name?: string } {
  return { number, jid, ...(name !== undefined && { name }) };
}

/** Fastify drops fields that a closed schema does not name; a mistyped field is better told. */
async function refuseUnknownFields(request: FastifyRequest): Promise<void> {
  const schema = request.routeOptions.schema?.body as { properties: object } | undefined;
  if (schema === undefined || typeof request.body !== 'object' || request.body === null) return;
  const unknown = Object.keys(request.body).some((field) => !Object.hasOwn(schema.properties, field));
  if (unknown) throw new PhoneError('request_invalid', 'The request has a field that is not known.');
}

async function replyWithError(error: unknown, _request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (error instanceof PhoneError) {
    await reply.code(STATUS[error.code]).send({ code: error.code, message: error.message });
    return;
  }
  const { statusCode = 500, message } = error as { statusCode?: number; message?: string };
  const own = statusCode < 500;
  const code = own ? 'request_invalid' : 'internal';
  await reply.code(own ? statusCode : 500).send({ code, message: own ? message : 'The request failed.' });
}
