import { code, page, table } from '../markdown.js';

const introduction = [
  'What each service may do at the engines, and nothing beside it. `causeway migrate` gives the rights in PostgreSQL; at Kafka it does so when `CAUSEWAY_EVENTS_ACL_PRINCIPAL` is set, at Redis when `CAUSEWAY_ADMIN_COORDINATION_URL` is. Where it may not, `causeway migrate --print-grants` writes them for each engine’s own tools.',
  'At Kafka a principal may also describe the topics that it reads or writes. A dead letter is written by whoever could not handle the event; no service reads one. At Redis the keys of a script count as read and written, because the server cannot look into it. Where the event log lies in the database, all services share its schema `eventlog`.',
];

/** @param {readonly import('causeway/stack').ServiceGrants[]} grants */
export function grantsPage(grants) {
  return page('Grants', [...introduction, ...grants.flatMap(sectionOf)]);
}

/** @param {import('causeway/stack').ServiceGrants} grants @returns {string[]} */
function sectionOf({ service, user, database, kafka, redis }) {
  const rows = [
    ...database.map(({ schema, relation, rights }) => [
      'PostgreSQL',
      relation === '*' ? `every table of schema ${code(schema)}` : code(`${schema}.${relation}`),
      rights.join(', '),
    ]),
    ...kafka.map(({ resource, name, operations }) => [
      'Kafka',
      resource === 'cluster' ? 'cluster' : `${resource} ${code(name)}`,
      operations.join(', '),
    ]),
    ['Redis', 'keys', words(redis, /^[~%]/)],
    ['Redis', 'channels', words(redis, /^&/)],
    ['Redis', 'commands', words(redis, /^\+/)],
  ];
  return [
    `## ${service}`,
    `User ${code(user)} at every engine.`,
    table(
      ['engine', 'on', 'rights'],
      rows.filter(([, , rights]) => rights !== ''),
    ),
  ];
}

/** @param {readonly string[]} redis @param {RegExp} kind @returns {string} */
function words(redis, kind) {
  return redis
    .filter((word) => kind.test(word))
    .map((word) => code(word.replace(/^[+&]/, '')))
    .join(' ');
}
