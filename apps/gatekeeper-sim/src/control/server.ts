import type { FastifyInstance, FastifyReply } from 'fastify';
import type { StreamEnd } from '../accounts/account.js';
import type { CertificateKind } from '../chat/certificate.js';
import type { FaultOrder } from '../accounts/faults.js';
import type { ServerControl } from './server-control.js';
import { accountKeySchema, certificateSchema, disconnectSchema, faultsSchema } from './server-requests.js';

interface OfAccount {
  Params: { account: string };
}

const params = { type: 'object', required: ['account'], properties: { account: accountKeySchema } } as const;

/** Adds `/control/accounts…` and `/control/records`. Errors are `{code}`. */
export function registerServerRoutes(http: FastifyInstance, control: ServerControl): void {
  http.register(async (scope) => {
    scope.get('/control/accounts', async () => ({ accounts: control.accounts() }));
    scope.get('/control/records', async () => {
      const { counters, pushes, mediaFetches } = control.records();
      return { counters, pushes, mediaFetches };
    });
    scope.post<{ Body: { kind: CertificateKind } }>(
      '/control/certificate',
      { schema: { body: certificateSchema } },
      async ({ body }, reply) => {
        control.showCertificate(body.kind);
        return reply.code(204).send();
      },
    );
    scope.post<OfAccount & { Body: { how: StreamEnd } }>(
      '/control/accounts/:account/disconnect',
      { schema: { params, body: disconnectSchema } },
      async ({ params: { account }, body }, reply) =>
        done(reply, control.disconnect(account, body.how), 'not_connected'),
    );
    scope.post<OfAccount & { Body: FaultOrder }>(
      '/control/accounts/:account/faults',
      { schema: { params, body: faultsSchema } },
      async ({ params: { account }, body }, reply) =>
        done(reply, control.order(account, body), 'unknown_account'),
    );
    scope.post<OfAccount>(
      '/control/accounts/:account/push',
      { schema: { params } },
      async (request, reply) => {
        const record = await control.push(request.params.account);
        return record ?? reply.code(404).send({ code: 'unknown_account' });
      },
    );
  });
}

function done(reply: FastifyReply, found: boolean, otherwise: string): FastifyReply {
  return found ? reply.code(204).send() : reply.code(404).send({ code: otherwise });
}
