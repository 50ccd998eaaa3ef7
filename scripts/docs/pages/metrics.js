import ts from 'typescript';
import { code, page, table } from '../markdown.js';
import { literalOf, nodesIn, parse, placeOf } from '../typescript-files.js';

/** @typedef {{ name: string, kind: string, help: string, labels: string[], owner: string }} Metric */

const kinds = ['counter', 'gauge', 'histogram'];
const prefix = 'causeway_';
const introduction =
  'Every service answers `GET /metrics` in the Prometheus text format. Each metric also has the label `service`; labels never name a person, a device or an address. Memory, processor and event loop of the process come beside these, as `causeway_process_*` and `causeway_nodejs_*`.';

/**
 * Every metric that the code creates: calls of `counter`, `gauge` and `histogram` of something called metrics.
 * @param {readonly import('../typescript-files.js').SourceText[]} sources
 * @returns {Metric[]}
 * @throws {TypeError} when a name, a help text or the labels cannot be read from the source
 */
export function readMetrics(sources) {
  const found = sources.filter(({ text }) => /metrics\s*\??\.\s*(counter|gauge|histogram)\(/.test(text));
  return found.flatMap((source) =>
    [...nodesIn(parse(source))].flatMap((node) => (isCreation(node) ? [metricOf(node, source.path)] : [])),
  );
}

/** @param {ts.Node} node @returns {node is ts.CallExpression & { expression: ts.PropertyAccessExpression }} */
function isCreation(node) {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    kinds.includes(node.expression.name.text) &&
    /\bmetrics$/.test(node.expression.expression.getText())
  );
}

/**
 * @param {ts.CallExpression & { expression: ts.PropertyAccessExpression }} call
 * @param {string} path
 * @returns {Metric}
 */
function metricOf(call, path) {
  const [name, help, labels] = call.arguments;
  const names = labels === undefined ? [] : ts.isArrayLiteralExpression(labels) ? labels.elements : undefined;
  const texts = [name, help, ...(names ?? [undefined])].map(literalOf);
  if (texts.some((text) => text === undefined)) {
    throw new TypeError(`${placeOf(call)}: write the metric's name, help and labels as literals`);
  }
  const [given = '', meaning = '', ...labelNames] = texts.map(String);
  return {
    name: given.startsWith(prefix) ? given : prefix + given,
    kind: call.expression.name.text,
    help: meaning,
    labels: labelNames,
    owner: path.split('/src/')[0]?.split('/').at(-1) ?? path,
  };
}

/** @param {readonly Metric[]} metrics */
export function metricsPage(metrics) {
  const rows = [...new Map(metrics.map((metric) => [metric.name, metric])).values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, kind, labels, help, owner }) => [
      code(name),
      kind,
      labels.map(code).join(' '),
      help,
      owner,
    ]);
  return page('Metrics', [introduction, table(['metric', 'kind', 'labels', 'meaning', 'from'], rows)]);
}
