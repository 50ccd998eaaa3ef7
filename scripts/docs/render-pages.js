import { renderReference, renderSample } from '@causeway/config';
import { withNote } from './markdown.js';
import { dataMapPage } from './pages/data-map.js';
import { errorsPage } from './pages/errors.js';
import { eventsPage, withTopics } from './pages/events.js';
import { grantsPage } from './pages/grants.js';
import { httpPage } from './pages/http.js';
import { metricsPage } from './pages/metrics.js';
import { openApiPages } from './pages/openapi.js';
import { withStateDiagram } from './pages/state-diagram.js';

/**
 * Every page that is generated, or has a generated part, by its path below `docs`.
 * @param {import('./sources.js').Sources} sources
 * @returns {Map<string, string>}
 */
export function renderPages(sources) {
  const withTables = withTopics(sources.architecture, sources.topics);
  const withOptIns = withStateDiagram(withTables, 'opt-in states', sources.optInStates);
  return new Map([
    ['architecture.md', withStateDiagram(withOptIns, 'session states', sources.sessionStates)],
    ['reference/configuration.md', withNote(renderReference(sources.sections))],
    ['reference/configuration.env.sample', renderSample(sources.sections)],
    ['reference/limits.md', withNote(sources.limits)],
    ['reference/errors.md', errorsPage(sources.errors, sources.endings)],
    ['reference/events.md', eventsPage(sources.topics)],
    ['reference/grants.md', grantsPage(sources.grants)],
    ['reference/metrics.md', metricsPage(sources.metrics)],
    ['reference/http.md', httpPage(sources.routes, sources.closeCodes, sources.tunnelCloseCodes)],
    ['reference/data-map.md', dataMapPage(sources.schemas, sources.topics)],
    ...openApiPages(sources.routes),
  ]);
}
