import ts from 'typescript';
import { importOf, literalOf, nodesIn, parse, placeOf } from '../typescript-files.js';
import { readSchemas } from './read-schemas.js';

/**
 * @typedef {object} Route
 * @property {string} service
 * @property {string} method
 * @property {string} path with `{name}` for each parameter
 * @property {string} controller name of the class
 * @property {string} about what the class is for
 * @property {string} handler name of the method
 * @property {string} caller
 * @property {string} meaning
 * @property {number} status of the answer when all goes well
 * @property {import('./read-schemas.js').RouteSchemas} schemas
 */
/** @typedef {(name: string) => Promise<Record<string, unknown>>} ImportModule */

const methods = new Map(
  ['Get', 'Head', 'Post', 'Put', 'Patch', 'Delete', 'Options', 'All'].map((name) => [
    name,
    name.toUpperCase(),
  ]),
);

/**
 * Every route that a Nest controller declares, with who may call it.
 * @param {readonly import('../typescript-files.js').SourceText[]} sources
 * @param {ImportModule} importModule how constants that the sources import are looked up
 * @returns {Promise<Route[]>}
 * @throws {TypeError} when a path cannot be read from the source
 */
export async function readRoutes(sources, importModule) {
  const routes = [];
  for (const source of sources.filter(({ text }) => text.includes('@Controller('))) {
    for (const node of nodesIn(parse(source))) {
      if (ts.isClassDeclaration(node)) routes.push(...(await routesOf(node, importModule)));
    }
  }
  return routes;
}

/** @param {ts.ClassDeclaration} controller @param {ImportModule} importModule @returns {Promise<Route[]>} */
async function routesOf(controller, importModule) {
  const base = decoratorsOf(controller).get('Controller');
  if (base === undefined) return [];
  const service = controller.getSourceFile().fileName.split('/')[1] ?? '';
  const prefix = await pathOf(base, importModule);
  const routes = [];
  for (const member of controller.members.filter(ts.isMethodDeclaration)) {
    for (const [name, call] of decoratorsOf(member)) {
      const method = methods.get(name);
      if (method === undefined) continue;
      const path = ['', prefix, await pathOf(call, importModule)].join('/').replaceAll(/\/+/g, '/');
      const meaning = commentOf(member) || commentOf(controller);
      const caller = callerOf(new Map([...decoratorsOf(controller), ...decoratorsOf(member)]));
      const handler = member.name.getText();
      routes.push({
        service,
        method,
        path: withBraces(path),
        controller: controller.name?.text ?? '',
        about: commentOf(controller),
        handler,
        caller,
        meaning,
        status: statusOf(member, method),
        schemas: await readSchemas(member, importModule),
      });
    }
  }
  return routes;
}

/** @param {ts.HasDecorators} node @returns {Map<string, ts.CallExpression>} */
export function decoratorsOf(node) {
  const calls = (ts.getDecorators(node) ?? [])
    .map(({ expression }) => expression)
    .filter(ts.isCallExpression);
  return new Map(calls.map((call) => [call.expression.getText(), call]));
}

/** @param {ts.CallExpression} decorator @param {ImportModule} importModule @returns {Promise<string>} */
async function pathOf(decorator, importModule) {
  const [argument] = decorator.arguments;
  if (argument === undefined) return '';
  const imported = ts.isIdentifier(argument) ? importOf(argument) : undefined;
  const value = imported
    ? (await importModule(imported.from))[imported.exported]
    : ts.isTemplateExpression(argument)
      ? await textOf(argument, importModule)
      : literalOf(argument);
  if (typeof value !== 'string') throw new TypeError(`${placeOf(decorator)}: the path cannot be read`);
  return value;
}

/** @param {ts.TemplateExpression} template @param {ImportModule} importModule */
async function textOf(template, importModule) {
  const parts = [template.head.text];
  for (const { expression, literal } of template.templateSpans) {
    const imported = ts.isIdentifier(expression) ? importOf(expression) : undefined;
    const value = imported ? (await importModule(imported.from))[imported.exported] : literalOf(expression);
    if (typeof value !== 'string') throw new TypeError(`${placeOf(template)}: the path cannot be read`);
    parts.push(value, literal.text);
  }
  return parts.join('');
}

/** @param {ts.MethodDeclaration} handler @param {string} method @returns {number} as Nest chooses it */
function statusOf(handler, method) {
  const [declared] = decoratorsOf(handler).get('HttpCode')?.arguments ?? [];
  if (declared !== undefined && ts.isNumericLiteral(declared)) return Number(declared.text);
  return method === 'POST' ? 201 : 200;
}

/** @param {Map<string, ts.CallExpression>} decorators */
function callerOf(decorators) {
  const servicesOnly = decorators.get('ServicesOnly');
  if (servicesOnly) return `services: ${servicesOnly.arguments.map((name) => literalOf(name)).join(', ')}`;
  const backend = decorators.get('BackendOnly');
  if (backend) {
    const rights = backend.arguments.map((right) => literalOf(right)).join(', ');
    return `the provider’s backend with \`${rights}\``;
  }
  return decorators.has('UsersOnly') ? 'a user’s access token' : 'anyone, or as the text says';
}

/** @param {ts.Node} node @returns {string} the text of its doc comment, without tags and without the route it may begin with */
function commentOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? '').replace(/^`[^`]+`: /, '');
}

/** @param {string} path @returns {string} with `{name}` for `:name` */
const withBraces = (path) => path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/$/, '') || '/';
