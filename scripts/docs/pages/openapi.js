import { z } from 'zod';

/** @typedef {import('../routes/read-routes.js').Route} Route */
/** @typedef {import('../routes/read-schemas.js').NamedSchema} NamedSchema */
/** @typedef {Record<string, unknown>} Json */

const problem = {
  type: 'object',
  description: 'RFC 9457; the codes stand in the catalogue of errors.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', description: '`urn:causeway:error:<code>`' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    requestId: { type: 'string' },
    fields: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'problem'],
        properties: { path: { type: 'string' }, problem: { type: 'string' } },
      },
    },
  },
};

const failure = (/** @type {string} */ description) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

const securitySchemes = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token of the provider’s own identity provider.',
  },
  serviceToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token that names the calling service.',
  },
};

/**
 * One OpenAPI 3.1 document per service, with its routes as they are declared.
 * @param {readonly Route[]} routes
 * @returns {Map<string, string>} by the path of the page below `docs`
 */
export function openApiPages(routes) {
  const services = Map.groupBy(routes, ({ service }) => service);
  return new Map(
    [...services].map(([service, own]) => [
      `reference/openapi/${service}.json`,
      `${JSON.stringify(describeService(service, own), null, 2)}\n`,
    ]),
  );
}

/** @param {string} service @param {readonly Route[]} routes @returns {Json} */
function describeService(service, routes) {
  /** @type {Json} */
  const schemas = { Problem: problem };
  /** @type {Record<string, Json>} */
  const paths = {};
  for (const route of routes)
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route, schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: `Causeway ${service}`,
      version: '1',
      description: 'Generated from the controllers and the contracts by `npm run docs`.',
      license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
    },
    servers: [{ url: '/', description: `The address of the ${service} service.` }],
    tags: [...Map.groupBy(routes, tagOf)].map(([name, [first]]) => ({
      name,
      description: sentence(first?.about),
    })),
    paths,
    components: { schemas, securitySchemes: schemesOf(routes) },
  };
}

/** @param {Route} route */
const tagOf = ({ controller }) => controller.replace(/Controller$/, '');

/** @param {string} [text] */
const sentence = (text = '') => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {Route} route @param {Json} components to which the route's schemas are added @returns {Json} */
function operation(route, components) {
  const { schemas, status } = route;
  const refer = (/** @type {NamedSchema} */ { name, schema }, /** @type {'input' | 'output'} */ io) => {
    components[name] = jsonSchema(schema, io);
    return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
  };
  return {
    operationId: `${tagOf(route)}.${route.handler}`,
    tags: [tagOf(route)],
    summary: sentence(route.meaning || route.handler),
    security: securityOf(route.caller),
    parameters: [...pathParameters(route), ...queryParameters(schemas.query)],
    ...(schemas.body && { requestBody: { required: true, content: refer(schemas.body, 'input') } }),
    responses: {
      [status]: {
        description: status === 204 ? 'Done.' : 'The answer.',
        ...(schemas.answer && { content: refer(schemas.answer, 'output') }),
      },
      '4XX': failure('The request is refused, and the code says why.'),
      '5XX': failure('It could not be done; ask again later.'),
    },
  };
}

/** @param {readonly Route[]} routes */
function schemesOf(routes) {
  const used = new Set(routes.flatMap(({ caller }) => securityOf(caller).flatMap(Object.keys)));
  return Object.fromEntries(Object.entries(securitySchemes).filter(([name]) => used.has(name)));
}

/** @param {string} caller @returns {Json[]} */
function securityOf(caller) {
  if (caller.startsWith('services: ')) return [{ serviceToken: [] }];
  return caller === 'anyone, or as the text says' ? [] : [{ accessToken: [] }];
}

/** @param {Route} route @returns {Json[]} */
function pathParameters({ path, schemas }) {
  const properties = propertiesOf(schemas.params);
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }));
}

/** @param {NamedSchema | undefined} query @returns {Json[]} */
function queryParameters(query) {
  const required = query === undefined ? [] : (jsonSchema(query.schema, 'input')['required'] ?? []);
  return Object.entries(propertiesOf(query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: Array.isArray(required) && required.includes(name),
    schema,
  }));
}

/** @param {NamedSchema | undefined} named @returns {Record<string, Json>} */
function propertiesOf(named) {
  const properties = named && jsonSchema(named.schema, 'input')['properties'];
  return /** @type {Record<string, Json>} */ (properties ?? {});
}

/** @param {z.ZodType} schema @param {'input' | 'output'} io @returns {Json} */
function jsonSchema(schema, io) {
  const described = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  delete described.$schema;
  return described;
}
