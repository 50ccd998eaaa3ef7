import ts from 'typescript';
import { importOf, placeOf } from '../typescript-files.js';

/** A schema and the name under which the contracts export it. @typedef {{ name: string, schema: import('zod').ZodType }} NamedSchema */

/**
 * What a handler takes and gives; a part is missing where the handler does not say it by a schema of the contracts.
 * @typedef {object} RouteSchemas
 * @property {NamedSchema} [body]
 * @property {NamedSchema} [params]
 * @property {NamedSchema} [query]
 * @property {NamedSchema} [answer]
 */

const decorators = new Map([
  ['ZodBody', 'body'],
  ['ZodParams', 'params'],
  ['ZodQuery', 'query'],
]);

/**
 * @param {ts.MethodDeclaration} handler
 * @param {import('./read-routes.js').ImportModule} importModule
 * @returns {Promise<RouteSchemas>}
 * @throws {TypeError} when a decorator takes something else than an imported schema
 */
export async function readSchemas(handler, importModule) {
  /** @type {Record<string, NamedSchema>} */
  const schemas = {};
  for (const parameter of handler.parameters) {
    for (const { expression } of ts.getDecorators(parameter) ?? []) {
      const part = ts.isCallExpression(expression) && decorators.get(expression.expression.getText());
      if (!part || !ts.isCallExpression(expression)) continue;
      const found = await schemaOf(expression.arguments[0], importModule);
      if (found === undefined) throw new TypeError(`${placeOf(expression)}: the schema cannot be read`);
      schemas[part] = found;
    }
  }
  const answer = await schemaOf(nameOfAnswer(handler.type), importModule);
  return { ...schemas, ...(answer && { answer }) };
}

/**
 * `X` of `X`, `Promise<X>`, `z.infer<typeof X>` and `Promise<z.infer<typeof X>>`.
 * @param {ts.TypeNode | undefined} type @returns {ts.Node | undefined}
 */
function nameOfAnswer(type) {
  if (type === undefined) return undefined;
  if (ts.isTypeQueryNode(type)) return type.exprName;
  if (!ts.isTypeReferenceNode(type)) return undefined;
  return type.typeArguments?.length === 1 ? nameOfAnswer(type.typeArguments[0]) : type.typeName;
}

/**
 * @param {ts.Node | undefined} name
 * @param {import('./read-routes.js').ImportModule} importModule
 * @returns {Promise<NamedSchema | undefined>}
 */
async function schemaOf(name, importModule) {
  if (name === undefined || !ts.isIdentifier(name)) return undefined;
  const imported = importOf(name);
  const from = imported && packageOf(imported.from, name.getSourceFile().fileName);
  if (imported === undefined || from === undefined) return undefined;
  const schema = (await importModule(from))[imported.exported];
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) return undefined;
  return { name: imported.exported, schema: /** @type {import('zod').ZodType} */ (schema) };
}

/**
 * @param {string} from what is imported
 * @param {string} file that imports it
 * @returns {string | undefined} the package that exports the schema: the contracts, or a library of the platform whose own controller takes its schemas from beside itself
 */
function packageOf(from, file) {
  if (from.startsWith('@causeway/contracts/')) return from;
  const [, library] = /^libs\/platform\/([^/]+)\//.exec(file) ?? [];
  return library !== undefined && from.startsWith('./') ? `@causeway/${library}` : undefined;
}
