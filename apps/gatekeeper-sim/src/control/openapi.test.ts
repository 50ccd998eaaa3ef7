import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { controlOpenApi } from './openapi.js';
import { registerServerRoutes } from './server.js';
import { registerUserRoutes } from './users.js';

it('the document names every route of the control API, and no other', async () => {
  const http = Fastify();
  const routes: string[] = [];
  http.addHook('onRoute', ({ method, url }) => {
    // Fastify adds HEAD to every GET.
    const methods = [method].flat().filter((each) => each !== 'HEAD');
    routes.push(...methods.map((each) => `${each} ${url.replaceAll(/:(\w+)/g, '{$1}')}`));
  });
  // Handlers are not called: only what is registered counts.
  registerServerRoutes(http, {} as never);
  registerUserRoutes(http, {} as never);
  await http.ready();
  const described = Object.entries(controlOpenApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((key) => key !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(routes.toSorted());
});
