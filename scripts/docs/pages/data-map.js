import { code, duration, page, table } from '../markdown.js';

const introduction =
  'Every column that holds personal data, or that names a person, a device or a session, with its purpose and retention, from the comments of `libs/store/prisma/schema`. Uploaded blobs are ciphertext; they lie in the blob store as long as their row in `media.objects` says.';
const ofTopics =
  'Topic keys and headers carry random ids only. A payload carries content in transit where this table says so: sealed to the device’s connection under custody `gatekeeper`, end-to-end encrypted but not sealed again under custody `provider`.';

const comment = /^\s*\/\/\/ Personal: (?<what>.+)\. Purpose: (?<purpose>.+)\. Retention: (?<retention>.+)\.$/;
const field = /^\s*(?<name>\w+)\s+\S+.*$/;

/**
 * @typedef {{ table: string, column: string, what: string, purpose: string, retention: string }} PersonalColumn
 * @param {{ path: string, text: string }} schema
 * @returns {PersonalColumn[]}
 * @throws {TypeError} when a comment does not have the form or belongs to no column
 */
export function personalColumns({ path, text }) {
  const models = text.matchAll(/^model (\w+) \{\n(?<body>[\s\S]*?)^\}/gm);
  return [...models].flatMap(({ groups }) => columnsOf(groups?.['body'] ?? '', path));
}

/** @param {string} body of a model @param {string} path @returns {PersonalColumn[]} */
function columnsOf(body, path) {
  const schema = /@@schema\("(\w+)"\)/.exec(body)?.[1];
  const name = /@@map\("(\w+)"\)/.exec(body)?.[1];
  const lines = body.split('\n');
  return lines.flatMap((line, index) => {
    if (!/\/\/\/ *Personal/.test(line)) return [];
    const parts = comment.exec(line)?.groups;
    const column = lines[index + 1] ?? '';
    const property = field.exec(column)?.groups?.['name'];
    if (parts === undefined || property === undefined) throw new TypeError(`${path}: ${line.trim()}`);
    const { what = '', purpose = '', retention = '' } = parts;
    const mapped = /@map\("(\w+)"\)/.exec(column)?.[1] ?? property;
    return [{ table: `${schema}.${name}`, column: mapped, what, purpose, retention }];
  });
}

/**
 * @param {readonly { path: string, text: string }[]} schemas
 * @param {readonly import('@causeway/contracts').Topic[]} topics
 */
export function dataMapPage(schemas, topics) {
  const rows = schemas
    .flatMap(personalColumns)
    .map(({ table: name, column, what, purpose, retention }) => [
      code(name),
      code(column),
      what,
      purpose,
      retention,
    ]);
  const kept = topics.map((topic) => [
    code(topic.name),
    topic.sealed ? 'content in transit' : 'random ids and codes',
    duration(topic.retentionMs),
  ]);
  return page('Data map', [
    introduction,
    table(['table', 'column', 'what it is', 'purpose', 'retention'], rows),
    '## Topics',
    ofTopics,
    table(['topic', 'payload', 'kept'], kept),
  ]);
}
