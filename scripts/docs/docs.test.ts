import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineConfig, flag } from '@causeway/config';
import { checkPages } from './folder.js';
import { personalColumns } from './pages/data-map.js';
import { errorsPage } from './pages/errors.js';
import { readRoutes } from './routes/read-routes.js';
import { readMetrics } from './pages/metrics.js';
import { renderPages } from './render-pages.js';
import { loadSources, type Sources } from './sources.js';

let sources: Sources;
let pages: Map<string, string>;

beforeAll(async () => {
  sources = await loadSources(join(import.meta.dirname, '../..'));
  pages = renderPages(sources);
});

/** What the check says of the pages that lie there, when the code is `changed`. */
function complaints(changed: Partial<Sources>): { exitCode: number; files: string[] } {
  const lines: string[] = [];
  const exitCode = checkPages(
    renderPages({ ...sources, ...changed }),
    (name) => pages.get(name),
    (line) => lines.push(line),
  );
  return {
    exitCode,
    files: lines.map((line) => line.split(' ')[0]?.replace(/^docs\/(reference\/)?/, '') ?? ''),
  };
}

describe('docs:check', () => {
  it('is content while the code says what the pages say', () => {
    expect(complaints({})).toEqual({ exitCode: 0, files: [] });
  });

  it('names the page of a changed setting, limit, error, topic, metric, route or column', () => {
    const section = defineConfig('New', { NEW: { schema: flag().default(false), doc: 'A new setting.' } });
    const [topic, ...topics] = sources.topics;
    const [metric, ...metrics] = sources.metrics;
    const [route, ...routes] = sources.routes;
    const [schema, ...schemas] = sources.schemas;
    if (!topic || !metric || !route || !schema) throw new Error('a source is empty');
    const changes: [Partial<Sources>, string[]][] = [
      [{ sections: [...sources.sections, section] }, ['configuration.md', 'configuration.env.sample']],
      [{ limits: sources.limits.replace('10000', '10001') }, ['limits.md']],
      [{ errors: [...sources.errors, ['new', { x: { status: 400, meaning: 'new' } }]] }, ['errors.md']],
      [{ topics: [{ ...topic, consumers: [] }, ...topics] }, ['architecture.md', 'events.md']],
      [{ metrics: [{ ...metric, labels: ['new'] }, ...metrics] }, ['metrics.md']],
      [{ routes: [{ ...route, path: '/new' }, ...routes] }, ['http.md', 'openapi/accounts.json']],
      [
        { optInStates: { initial: 'deleted', transitions: sources.optInStates.transitions } },
        ['architecture.md'],
      ],
      [
        { sessionStates: { initial: 'closed', transitions: sources.sessionStates.transitions } },
        ['architecture.md'],
      ],
      [{ endings: { ...sources.endings, words: [] } }, ['errors.md']],
      [
        { schemas: [{ ...schema, text: schema.text.replace('Purpose:', 'Purpose: also') }, ...schemas] },
        ['data-map.md'],
      ],
    ];
    for (const [change, files] of changes) expect(complaints(change)).toEqual({ exitCode: 1, files });
  });

  it('names a page that is missing', () => {
    const lines: string[] = [];
    expect(
      checkPages(
        new Map([['reference/new.md', 'text']]),
        () => undefined,
        (line) => lines.push(line),
      ),
    ).toBe(1);
    expect(lines[0]).toContain('docs/reference/new.md');
  });
});

describe('the pages', () => {
  it('hold settings of every service that has some, and every owner of errors', () => {
    for (const word of ['Accounts', 'Session', 'Fanout', 'Media', 'Webhooks'])
      expect(pages.get('reference/configuration.md')).toContain(`## ${word}\n`);
    expect(sources.errors.map(([owner]) => owner)).toEqual([
      'http',
      'accounts',
      'keys',
      'session',
      'fanout',
      'media',
      'webhooks',
    ]);
  });

  it('refuse an architecture page without the marks of its table', () => {
    expect(() => renderPages({ ...sources, architecture: '# Architecture' })).toThrow('marks');
  });

  it('refuse an error code of two owners', () => {
    const table = { same: { status: 400, meaning: 'declared twice' } };
    expect(() =>
      errorsPage(
        [
          ['one', table],
          ['two', table],
        ],
        sources.endings,
      ),
    ).toThrow('same is declared by one and two');
  });
});

describe('what is read from sources', () => {
  it('gives metrics with names, help and labels, and refuses what cannot be read', () => {
    const path = 'libs/x/src/x.ts';
    const text = "const help = 'How many'; metrics.counter('x_total', help, ['kind']);";
    expect(readMetrics([{ path, text }])).toEqual([
      { name: 'causeway_x_total', kind: 'counter', help: 'How many', labels: ['kind'], owner: 'x' },
    ]);
    const hidden = { path, text: 'context.metrics.gauge(nameOf(1), "x");' };
    expect(() => readMetrics([hidden])).toThrow('libs/x/src/x.ts:1');
  });

  it('gives the routes of controllers with their callers', async () => {
    const text = `
      import { BASE } from '@causeway/contracts/media';
      /** Blobs. */
      @Controller(BASE)
      @UsersOnly()
      class Blobs { @Get(':id/parts') read() {}
        /** \`PUT\`: Stores. */
        @Put() write() {} }`;
    const routes = await readRoutes([{ path: 'libs/media/src/x.ts', text }], async () => ({ BASE: '/v1/b' }));
    const common = {
      service: 'media',
      controller: 'Blobs',
      about: 'Blobs.',
      caller: 'a user’s access token',
    };
    expect(routes).toEqual([
      {
        ...common,
        method: 'GET',
        path: '/v1/b/{id}/parts',
        handler: 'read',
        meaning: 'Blobs.',
        status: 200,
        schemas: {},
      },
      {
        ...common,
        method: 'PUT',
        path: '/v1/b',
        handler: 'write',
        meaning: 'Stores.',
        status: 200,
        schemas: {},
      },
    ]);
    const computed = {
      path: 'libs/media/src/x.ts',
      text: '@Controller(pathOf(1)) class X { @Get() x() {} }',
    };
    await expect(readRoutes([computed], async () => ({}))).rejects.toThrow('libs/media/src/x.ts:1');
  });

  it('gives personal columns under their names in the database, and refuses a comment without its parts', () => {
    const model = (comment: string) => ({
      path: 'x.prisma',
      text: `model X {\n  /// ${comment}\n  userId String @map("user_id")\n  @@map("xs")\n  @@schema("s")\n}\n`,
    });
    expect(personalColumns(model('Personal: who. Purpose: joins. Retention: a day.'))).toEqual([
      { table: 's.xs', column: 'user_id', what: 'who', purpose: 'joins', retention: 'a day' },
    ]);
    expect(() => personalColumns(model('Personal: who.'))).toThrow('x.prisma');
  });
});
