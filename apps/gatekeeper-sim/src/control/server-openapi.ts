import { accountKeySchema, certificateSchema, disconnectSchema, faultsSchema } from './server-requests.js';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const object = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
const list = (items: object) => ({ type: 'array', items });
const string = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'integer', description: 'Milliseconds since 1970' };
const outcome = {
  description: 'HTTP status, or `failed`',
  oneOf: [{ type: 'integer' }, { const: 'failed' }],
};

const refused = { description: 'Refused', ...json(object({ code: string })) };
const answers = (description: string, schema?: object) => ({
  responses: { [schema ? 200 : 204]: { description, ...(schema && json(schema)) }, default: refused },
});
const body = (schema: object) => ({ requestBody: { required: true, ...json(schema) } });
const ofAccount = { parameters: [{ name: 'account', in: 'path', required: true, schema: accountKeySchema }] };

const accountSchema = object({
  jid: string,
  identifier: string,
  connected: { type: 'boolean' },
  queued: count,
  preKeys: count,
  preKeysRepeated: count,
  signedPreKeyId: count,
  blocked: count,
  lastSeen: time,
});
const pushSchema = object({ at: time, account: string, outcome });
const recordsSchema = object({
  counters: { type: 'object', additionalProperties: count },
  pushes: list(pushSchema),
  mediaFetches: list(object({ at: time, reference: string, outcome, bytes: count })),
});

/** The OpenAPI 3.1 paths of the server half. */
export const serverPaths = {
  '/control/accounts': {
    get: {
      summary: 'List the enlisted accounts',
      ...answers('All', object({ accounts: list(accountSchema) })),
    },
  },
  '/control/accounts/{account}/disconnect': {
    ...ofAccount,
    post: { summary: 'End the connection', ...body(disconnectSchema), ...answers('Ended') },
  },
  '/control/accounts/{account}/faults': {
    ...ofAccount,
    post: { summary: 'Order faults', ...body(faultsSchema), ...answers('Ordered') },
  },
  '/control/accounts/{account}/push': {
    ...ofAccount,
    post: { summary: 'Send a push call now', ...answers('How it ended', pushSchema) },
  },
  '/control/certificate': {
    post: {
      summary: 'Show another certificate',
      ...body(certificateSchema),
      ...answers('Shown from now on'),
    },
  },
  '/control/records': {
    get: { summary: 'Counters, push calls and media fetches', ...answers('Oldest first', recordsSchema) },
  },
};
