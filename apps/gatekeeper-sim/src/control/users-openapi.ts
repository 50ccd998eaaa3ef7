import { createUserSchema, numberSchema, readSchema, sendSchema, typingSchema } from './users-requests.js';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const body = (schema: object) => ({ requestBody: { required: true, ...json(schema) } });
const object = (properties: Readonly<Record<string, object>>, required = Object.keys(properties)) => ({
  type: 'object',
  required,
  properties,
});
const list = (items: object) => ({ type: 'array', items });
const string = { type: 'string' };
const number = { type: 'number' };
const time = { type: 'integer', description: 'Milliseconds since 1970' };

const error = { description: 'Refused', ...json(object({ code: string, message: string })) };
const answers = (ok: Readonly<Record<string, object>>) => ({ responses: { ...ok, default: error } });
const done = answers({ 204: { description: 'Done' } });
const ofUser = { parameters: [{ name: 'number', in: 'path', required: true, schema: numberSchema }] };

const userSchema = object({ number: string, jid: string, name: string }, ['number', 'jid']);
const messageSchema = object(
  {
    id: string,
    from: string,
    kind: sendSchema.properties.kind,
    at: time,
    text: string,
    caption: string,
    quotedId: string,
    quotedParticipant: string,
    quotedText: string,
    targetId: string,
    targetFromMe: { type: 'boolean' },
    emoji: string,
    mimetype: string,
    fileName: string,
    seconds: number,
    width: number,
    height: number,
    sha256: { ...string, description: 'Of the file in clear, hexadecimal' },
    bytes: number,
  },
  ['id', 'from', 'kind', 'at'],
);
const refusalSchema = object({ code: string, at: time, id: string, from: string }, ['code', 'at']);
const typingNoticeSchema = object({ from: string, state: typingSchema.properties.state, at: time });
const identityChangeSchema = object({ account: string, at: time });
const receiptsSchema = object(
  { id: string, to: string, sentAt: time, retries: number, deliveredAt: time, readAt: time, playedAt: time },
  ['id', 'to', 'sentAt', 'retries'],
);

/** The OpenAPI 3.1 paths of the gatekeeper's own users. */
export const userPaths = {
  '/control/users': {
    post: {
      summary: 'Create a phone',
      ...body(createUserSchema),
      ...answers({ 201: { description: 'The phone', ...json(userSchema) } }),
    },
    get: {
      summary: 'List the phones',
      ...answers({ 200: { description: 'All of them', ...json(object({ users: list(userSchema) })) } }),
    },
  },
  '/control/users/{number}/send': {
    ...ofUser,
    post: {
      summary: 'Make the phone send a message',
      ...body(sendSchema),
      ...answers({ 200: { description: 'Taken by the gatekeeper', ...json(object({ id: string })) } }),
    },
  },
  '/control/users/{number}/typing': {
    ...ofUser,
    post: { summary: 'Show typing', ...body(typingSchema), ...done },
  },
  '/control/users/{number}/read': {
    ...ofUser,
    post: { summary: 'Send the read receipt of a received message', ...body(readSchema), ...done },
  },
  '/control/users/{number}/rotate-identity': {
    ...ofUser,
    post: { summary: 'Reinstall: a new identity key', ...done },
  },
  '/control/users/{number}/received': {
    ...ofUser,
    get: {
      summary: 'What the phone decrypted, and what it refused',
      ...answers({
        200: {
          description: 'Oldest first',
          ...json(
            object({
              messages: list(messageSchema),
              refusals: list(refusalSchema),
              typing: list(typingNoticeSchema),
              identityChanges: list(identityChangeSchema),
            }),
          ),
        },
      }),
    },
  },
  '/control/users/{number}/receipts': {
    ...ofUser,
    get: {
      summary: 'What became of the messages that the phone sent',
      ...answers({
        200: { description: 'Oldest first', ...json(object({ receipts: list(receiptsSchema) })) },
      }),
    },
  },
};
