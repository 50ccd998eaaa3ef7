import ts from 'typescript';
import { importOf, nodesIn, parse, placeOf } from '../docs/typescript-files.js';

/**
 * Where a service publishes or consumes a topic.
 * @typedef {{ owner: string, topic: string, role: 'producer' | 'consumer', place: string }} TopicUse
 */

/** How an event leaves a service: the name of the call, and which argument is the topic. */
const publishing = new Map([
  ['publish', 0],
  ['appendToOutbox', 2],
]);

/**
 * Which topics the services' sources really use. A topic is recognised by its import from `@causeway/contracts`:
 * as the argument of `publish` or `appendToOutbox`, or as `topic` of the options of `subscribe`.
 * @param {string} owner the service
 * @param {readonly import('../docs/typescript-files.js').SourceText[]} sources
 * @returns {TopicUse[]} with the exported names of topics
 */
export function topicUses(owner, sources) {
  return sources
    .filter(({ text }) => /@causeway\/contracts/.test(text) && /publish|appendToOutbox|subscribe/.test(text))
    .flatMap((source) => [...nodesIn(parse(source))])
    .filter(ts.isCallExpression)
    .flatMap((call) => {
      const use = useOf(call);
      const from = use && ts.isIdentifier(use.topic) ? importOf(use.topic) : undefined;
      if (!use || !from?.from.startsWith('@causeway/contracts')) return [];
      return [{ owner, topic: from.exported, role: use.role, place: placeOf(call) }];
    });
}

/** @param {ts.CallExpression} call @returns {{ topic: ts.Expression, role: TopicUse['role'] } | undefined} */
function useOf({ expression, arguments: given }) {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  const position = publishing.get(name);
  const published = position === undefined ? undefined : given[position];
  if (published) return { topic: published, role: 'producer' };
  if (name !== 'subscribe' || given[0] === undefined || !ts.isObjectLiteralExpression(given[0]))
    return undefined;
  for (const property of given[0].properties) {
    if (property.name?.getText() !== 'topic') continue;
    if (ts.isPropertyAssignment(property)) return { topic: property.initializer, role: 'consumer' };
    if (ts.isShorthandPropertyAssignment(property)) return { topic: property.name, role: 'consumer' };
  }
  return undefined;
}

/**
 * Compares what the contracts say with what the sources do.
 * @param {readonly { name: string, exported: string, producers: readonly string[], consumers: readonly string[] }[]} topics
 * @param {readonly TopicUse[]} uses
 * @returns {string[]} one line per difference
 */
export function falseClaims(topics, uses) {
  const roles = /** @type {const} */ ([
    ['producer', 'producers', 'publishes'],
    ['consumer', 'consumers', 'consumes'],
  ]);
  return topics.flatMap((topic) =>
    roles.flatMap(([role, claim, verb]) => {
      const real = uses.filter((use) => use.topic === topic.exported && use.role === role);
      const unfounded = topic[claim].filter((owner) => !real.some((use) => use.owner === owner));
      const unsaid = real.filter(({ owner }) => !topic[claim].includes(owner));
      return [
        ...unfounded.map((owner) => `${topic.name}: ${owner} is said to be a ${role} and never ${verb} it`),
        ...unsaid.map(
          ({ owner, place }) => `${topic.name}: ${owner} ${verb} it at ${place}, which is not said`,
        ),
      ];
    }),
  );
}
