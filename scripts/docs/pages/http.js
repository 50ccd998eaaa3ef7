import ts from 'typescript';
import { code, page, table } from '../markdown.js';
import { importOf, literalOf, nodesIn, parse, placeOf } from '../typescript-files.js';

/** @typedef {{ service: string, method: string, path: string, handler: string, caller: string, meaning: string }} Route */
/** @typedef {(name: string) => Promise<Record<string, unknown>>} ImportModule */

const methods = new Map(
  ['Get', 'Head', 'Post', 'Put', 'Patch', 'Delete', 'Options', 'All'].map((name) => [
    name,
    name.toUpperCase(),
  ]),
);
const introduction = [
  'Request and answer bodies are the schemas of `libs/contracts` (`@causeway/contracts/<service>`); errors are problem documents with a code of [the catalogue](errors.md).',
  'Every service also answers `GET /live`, `GET /ready` and `GET /metrics`.',
];

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
      routes.push({ service, method, path: withBraces(path), handler, caller, meaning });
    }
  }
  return routes;
}

/** @param {ts.HasDecorators} node @returns {Map<string, ts.CallExpression>} */
function decoratorsOf(node) {
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

/** @param {Map<string, ts.CallExpression>} decorators */
function callerOf(decorators) {
  const servicesOnly = decorators.get('ServicesOnly');
  if (servicesOnly) return `services: ${servicesOnly.arguments.map((name) => literalOf(name)).join(', ')}`;
  return decorators.has('UsersOnly') ? 'a user’s access token' : 'anyone, or as the text says';
}

/** @param {ts.Node} node @returns {string} the text of its doc comment, without tags and without the route it may begin with */
function commentOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? '').replace(/^`[^`]+`: /, '');
}

/** @param {string} path @returns {string} with `{name}` for `:name` */
const withBraces = (path) => path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/$/, '') || '/';

/** @param {readonly Route[]} routes @param {Readonly<Record<string, number>>} closeCodes */
export function httpPage(routes, closeCodes) {
  const rows = routes.map(({ service, method, path, handler, caller, meaning }) => [
    service,
    method,
    code(path),
    code(handler),
    caller,
    meaning,
  ]);
  const codes = Object.entries(closeCodes).map(([name, number]) => [String(number), code(name)]);
  return page('HTTP and sockets', [
    ...introduction,
    table(['service', 'method', 'path', 'does', 'who may call', 'meaning'], rows),
    '## The device’s socket',
    'Devices connect to fanout by WebSocket at `/v1/socket?device={deviceId}` with `Authorization: Bearer <access token>`. Each text message is one JSON object: `DeviceFrame` from the device, `ServerFrame` to it (`@causeway/contracts/fanout`). The server closes with one of these codes.',
    table(['code', 'name'], codes),
  ]);
}
