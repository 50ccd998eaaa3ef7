import { code, duration, page, table } from '../markdown.js';

const introduction = [
  'Each topic is one contract in `libs/contracts`. Events travel as CloudEvents in binary mode: `ce_id`, `ce_type`, `ce_source`, `ce_time`, `ce_specversion`, `ce_subject` and `traceparent` are headers, the body is JSON. Delivery is at least once, in order per key; effects are idempotent.',
  'What cannot be handled is parked with the later events of its key; from a sealed topic it goes to `<topic>.dlq` without its payload. Fields that end in `?` are optional.',
];

/**
 * @typedef {{ shape: Record<string, { isOptional?: () => boolean, value?: unknown }> }} EventSchema
 * @param {import('@causeway/contracts').Topic} topic
 * @returns {{ type: string, fields: string[] }[]}
 */
function eventsOf(topic) {
  const options = /** @type {EventSchema[]} */ (Reflect.get(topic.schema, 'options') ?? []);
  return options.map(({ shape }) => ({
    type: String(shape['type']?.value),
    fields: Object.entries(shape)
      .filter(([name]) => name !== 'type')
      .map(([name, field]) => (field.isOptional?.() ? `${name}?` : name)),
  }));
}

/** @param {readonly import('@causeway/contracts').Topic[]} topics */
function overviewTable(topics) {
  const rows = topics.map((topic) => [
    code(topic.name),
    topic.keyName,
    duration(topic.retentionMs),
    topic.sealed ? 'sealed under custody `gatekeeper`' : 'ids only',
    topic.producers.join(', '),
    topic.consumers.join(', '),
  ]);
  return table(['topic', 'key', 'kept', 'content', 'producers', 'consumers'], rows);
}

/** @param {readonly import('@causeway/contracts').Topic[]} topics */
export function eventsPage(topics) {
  const details = topics.flatMap((topic) => [
    `## ${topic.name}`,
    table(
      ['event', 'fields'],
      eventsOf(topic).map(({ type, fields }) => [code(type), fields.map(code).join(' ')]),
    ),
  ]);
  return page('Events', [...introduction, overviewTable(topics), ...details]);
}

const marked = /(<!-- events: [^>]*-->\n)[\s\S]*?(<!-- \/events -->)/;

/**
 * Puts the table of topics between the two marks of a page that is written by hand.
 * @param {string} text
 * @param {readonly import('@causeway/contracts').Topic[]} topics
 * @throws {TypeError} when the marks are not there
 */
export function withTopics(text, topics) {
  if (!marked.test(text)) throw new TypeError('docs/architecture.md has lost the marks of its event table');
  return text.replace(marked, (_whole, before, after) => `${before}\n${overviewTable(topics)}\n\n${after}`);
}
