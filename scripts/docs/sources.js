import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initialOptInState, optInTransitions } from '@causeway/accounts';
import { errorCatalogue, topics } from '@causeway/contracts';
import { socketCloseCodes } from '@causeway/contracts/fanout';
import { tunnelCloseCodes } from '@causeway/contracts/session';
import { httpErrors } from '@causeway/http';
import { renderLimits } from '@causeway/limits';
import { sharedSections } from '@causeway/runtime';
import {
  conflicts,
  initialSessionState,
  loginFailures,
  pauseReasons,
  sessionTransitions,
  streamErrors,
  upstreamAdvice,
  upstreamEndings,
} from '@causeway/session';
import { createMetrics } from '@causeway/telemetry';
import { grantTable, keyRotationSection, migrationSections, wrappingRingPathsSection } from 'causeway/stack';
import { services } from '../lint/boundaries.js';
import { readMetrics } from './pages/metrics.js';
import { readRoutes } from './routes/read-routes.js';
import { sourceTexts } from './typescript-files.js';

/**
 * What the pages are made from.
 * @typedef {object} Sources
 * @property {readonly import('@causeway/config').ConfigSection[]} sections
 * @property {string} limits the page as its library renders it
 * @property {readonly (readonly [string, Readonly<Record<string, { status: number, meaning: string }>>])[]} errors by owner
 * @property {readonly import('@causeway/contracts').Topic[]} topics
 * @property {readonly import('causeway/stack').ServiceGrants[]} grants
 * @property {readonly import('./pages/metrics.js').Metric[]} metrics
 * @property {readonly import('./routes/read-routes.js').Route[]} routes
 * @property {Readonly<Record<string, number>>} closeCodes
 * @property {Readonly<Record<string, number>>} tunnelCloseCodes
 * @property {readonly { path: string, text: string }[]} schemas of the database
 * @property {import('./pages/state-diagram.js').StateMachine} optInStates
 * @property {import('./pages/state-diagram.js').StateMachine} sessionStates
 * @property {import('./pages/endings.js').Endings} endings of upstream connections, and the gatekeeper's words for them
 * @property {string} architecture the page as it stands, whose event table and state diagram are generated
 */

/** @param {string} workspace @returns {Promise<Sources>} */
export async function loadSources(workspace) {
  const definitions = await Promise.all(services.map((name) => import(`@causeway/${name}`)));
  const own = Map.groupBy(errorCatalogue.values(), ({ owner }) => owner);
  const code = ['libs', 'apps'].flatMap((folder) => sourceTexts(workspace, folder));
  const ofServices = services.flatMap((name) => sourceTexts(workspace, `libs/${name}`));
  return {
    sections: [
      // Some sections are of several services.
      ...new Set([...sharedSections, ...definitions.flatMap(sectionsOf)]),
      ...ofMigration(),
      ofKeys(),
      ofWrappingKeys(),
    ],
    limits: renderLimits(),
    errors: [
      ['http', httpErrors],
      ...[...own].map(
        ([owner, list]) =>
          /** @type {const} */ ([owner, Object.fromEntries(list.map((error) => [error.code, error]))]),
      ),
    ],
    topics,
    grants: grantTable,
    metrics: [...(await registeredMetrics()), ...readMetrics(code)],
    routes: [
      ...(await readRoutes(ofServices, (name) => import(name))),
      ...(await personalDataRoutes(workspace, definitions)),
    ],
    closeCodes: socketCloseCodes,
    tunnelCloseCodes,
    schemas: schemaFiles(workspace),
    optInStates: { initial: initialOptInState, transitions: optInTransitions },
    sessionStates: { initial: initialSessionState, transitions: sessionTransitions },
    endings: { advice: upstreamAdvice, codes: upstreamEndings, words: wordsOfGatekeepers() },
    architecture: readFileSync(join(workspace, 'docs/architecture.md'), 'utf8'),
  };
}

/**
 * The routes that every service has which keeps something about persons.
 * @param {string} workspace
 * @param {readonly object[]} modules what the service libraries export
 * @returns {Promise<import('./routes/read-routes.js').Route[]>}
 */
async function personalDataRoutes(workspace, modules) {
  const sources = sourceTexts(workspace, 'libs/platform/personal-data');
  const routes = await readRoutes(sources, (name) => import(name));
  const owners = modules.flatMap((module) =>
    Object.values(module).flatMap((value) =>
      typeof value === 'object' && value !== null && 'personalData' in value ? String(value.name) : [],
    ),
  );
  return owners.flatMap((service) => routes.map((route) => ({ ...route, service })));
}

/** @param {object} module what a service library exports @returns {import('@causeway/config').ConfigSection[]} */
function sectionsOf(module) {
  return Object.values(module).flatMap((value) =>
    typeof value === 'object' && value !== null && 'sections' in value ? value.sections : [],
  );
}

/** What `causeway migrate` alone reads. @returns {import('@causeway/config').ConfigSection[]} */
function ofMigration() {
  const shared = new Set(sharedSections.flatMap(({ fields }) => Object.keys(fields)));
  return migrationSections.map(({ name, fields }) => ({
    name: `${name} (\`causeway migrate\` alone)`,
    fields: Object.fromEntries(Object.entries(fields).filter(([key]) => !shared.has(key))),
  }));
}

/** What `causeway keys` alone reads. @returns {import('@causeway/config').ConfigSection} */
function ofKeys() {
  return { ...keyRotationSection, name: `${keyRotationSection.name} (\`causeway keys\` alone)` };
}

/** What `causeway wrapping-keys` alone reads. @returns {import('@causeway/config').ConfigSection} */
function ofWrappingKeys() {
  const { name, fields } = wrappingRingPathsSection;
  return { name: `${name} (\`causeway wrapping-keys\` alone)`, fields };
}

/** What every registry holds before a service adds to it. @returns {Promise<import('./pages/metrics.js').Metric[]>} */
async function registeredMetrics() {
  const found = await createMetrics('docs').registry.getMetricsAsJSON();
  return found.map(({ name, help, type }) => ({
    name,
    kind: String(type),
    help,
    labels: ['metric'],
    owner: 'telemetry',
  }));
}

/** What a gatekeeper says, by the code that it becomes. @returns {readonly (readonly [string, string])[]} */
function wordsOfGatekeepers() {
  /** @type {(codes: Readonly<Record<number, string>>, word: (number: string) => string) => [string, string][]} */
  const numbered = (codes, word) => Object.entries(codes).map(([number, name]) => [name, word(number)]);
  return [
    ...numbered(loginFailures, (number) => `<failure reason="${number}"/>`),
    ...numbered(pauseReasons, (number) => `<failure reason="402" code="${number}"/>`),
    ...numbered(streamErrors, (number) => `<stream:error code="${number}"/>`),
    ...[...conflicts].map(([type, name]) => /** @type {const} */ ([name, `<conflict type="${type}"/>`])),
    ['unacknowledged_stanza', '<stream:error><ack/></stream:error>'],
    ['stream_ended', '<xmlstreamend/>'],
  ];
}

/** @param {string} workspace */
function schemaFiles(workspace) {
  const folder = 'libs/store/prisma/schema';
  return readdirSync(join(workspace, folder))
    .sort()
    .map((name) => ({
      path: `${folder}/${name}`,
      text: readFileSync(join(workspace, folder, name), 'utf8'),
    }));
}
