import type { FastifyInstance } from 'fastify';
import { serverPaths } from './server-openapi.js';
import { userPaths } from './users-openapi.js';

/** The control API as an OpenAPI document. */
export const controlOpenApi = {
  openapi: '3.1.0',
  info: {
    title: 'Gatekeeper simulator: control API',
    version: '1.0.0',
    description: 'For tests and operators on the same machine: calls from elsewhere are turned away.',
  },
  paths: { ...serverPaths, ...userPaths },
};

/** `GET /control/openapi.json` */
export function registerOpenApi(http: FastifyInstance): void {
  http.get('/control/openapi.json', async () => controlOpenApi);
}
