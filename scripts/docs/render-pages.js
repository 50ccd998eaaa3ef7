import { renderReference, renderSample } from '@causeway/config';
import { withNote } from './markdown.js';
import { dataMapPage } from './pages/data-map.js';
import { errorsPage } from './pages/errors.js';
import { eventsPage } from './pages/events.js';
import { httpPage } from './pages/http.js';
import { metricsPage } from './pages/metrics.js';

/**
 * Every generated page by its file name.
 * @param {import('./sources.js').Sources} sources
 * @returns {Map<string, string>}
 */
export function renderPages(sources) {
  return new Map([
    ['configuration.md', withNote(renderReference(sources.sections))],
    ['configuration.env.sample', renderSample(sources.sections)],
    ['limits.md', withNote(sources.limits)],
    ['errors.md', errorsPage(sources.errors)],
    ['events.md', eventsPage(sources.topics)],
    ['metrics.md', metricsPage(sources.metrics)],
    ['http.md', httpPage(sources.routes, sources.closeCodes)],
    ['data-map.md', dataMapPage(sources.schemas, sources.topics)],
  ]);
}
