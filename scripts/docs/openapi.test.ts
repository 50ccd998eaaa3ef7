import { createConfig, lintFromString } from '@redocly/openapi-core';
import { z } from 'zod';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openApiPages } from './pages/openapi.js';
import type { Route } from './routes/read-routes.js';
import { readRoutes } from './routes/read-routes.js';
import { loadSources } from './sources.js';

let routes: readonly Route[];

beforeAll(async () => {
  ({ routes } = await loadSources(join(import.meta.dirname, '../..')));
});

/** What the linter says of a document, by rule. */
async function complaints(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}

describe('the OpenAPI documents', () => {
  it('are there for every service with routes, hold every route, and have nothing that the linter minds', async () => {
    const pages = openApiPages(routes);
    expect([...pages.keys()].sort()).toEqual(
      [...new Set(routes.map(({ service }) => `reference/openapi/${service}.json`))].sort(),
    );
    for (const text of pages.values()) expect(await complaints(text)).toEqual([]);
    const described = [...pages.values()].flatMap((text) =>
      Object.values((JSON.parse(text) as { paths: Record<string, object> }).paths).flatMap(Object.keys),
    );
    expect(described).toHaveLength(routes.length);
  });

  it('describe how accounts shows and erases what each other service keeps about persons', () => {
    for (const [path, text] of openApiPages(routes)) {
      const { paths } = JSON.parse(text) as { paths: Record<string, { post?: object }> };
      const [shown, erased] = ['export', 'erase'].map((what) => paths[`/internal/v1/personal-data/${what}`]);
      if (path === 'reference/openapi/accounts.json') {
        expect([shown, erased]).toEqual([undefined, undefined]);
        continue;
      }
      expect(shown?.post).toMatchObject({
        security: [{ serviceToken: [] }],
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/ExportRequest' } } },
        },
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ExportPage' } } } },
        },
      });
      expect(erased?.post).toMatchObject({
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/EraseRequest' } } },
        },
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/EraseAnswer' } } } },
        },
      });
    }
  });

  it('are refused by the linter when a schema is missing', async () => {
    const [text = ''] = openApiPages(routes).values();
    const broken = text.replace('"Problem": {', '"Gone": {');
    expect((await complaints(broken)).join()).toContain('no-unresolved-refs');
  });

  it('describe what a handler takes and gives by the schemas of the contracts', async () => {
    const text = `
      import { Body, Path, Query, Answer } from '@causeway/contracts/media';
      /** Blobs. */
      @Controller('v1/b/:id')
      @ServicesOnly('accounts')
      class BlobsController {
        @Post() @HttpCode(202)
        write(@ZodParams(Path) p: P, @ZodQuery(Query) q: Q, @ZodBody(Body) b: B): Promise<z.infer<typeof Answer>> {} }`;
    const schemas = {
      Body: z.object({ size: z.int() }),
      Path: z.object({ id: z.uuid() }),
      Query: z.object({ from: z.string(), to: z.string().optional() }),
      Answer: z.object({ at: z.int() }),
    };
    const found = await readRoutes([{ path: 'libs/media/src/x.ts', text }], async () => schemas);
    const document = JSON.parse(openApiPages(found).get('reference/openapi/media.json') ?? '');
    expect(document.paths['/v1/b/{id}'].post).toMatchObject({
      operationId: 'Blobs.write',
      security: [{ serviceToken: [] }],
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { format: 'uuid' } },
        { name: 'from', in: 'query', required: true },
        { name: 'to', in: 'query', required: false },
      ],
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Body' } } } },
      responses: {
        202: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } } },
      },
    });
  });
});
