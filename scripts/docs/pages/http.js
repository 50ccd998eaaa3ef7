import { code, page, table } from '../markdown.js';

/** @typedef {import('../routes/read-routes.js').Route} Route */

const introduction = [
  'Request and answer bodies are the schemas of `libs/contracts` (`@causeway/contracts/<service>`); errors are problem documents with a code of [the catalogue](errors.md). The same as OpenAPI 3.1, a document per service: [openapi](openapi).',
  'Every service also answers `GET /live`, `GET /ready` and `GET /metrics`. The schemas of `/internal/v1/personal-data` are those of `@causeway/personal-data`.',
];

/** @param {readonly Route[]} routes @param {Readonly<Record<string, number>>} closeCodes */
export function httpPage(routes, closeCodes) {
  const rows = routes.map(({ service, method, path, handler, caller, meaning }) => [
    service,
    method,
    code(path),
    code(handler),
    caller,
    meaning,
  ]);
  const codes = Object.entries(closeCodes).map(([name, number]) => [String(number), code(name)]);
  return page('HTTP and sockets', [
    ...introduction,
    table(['service', 'method', 'path', 'does', 'who may call', 'meaning'], rows),
    '## The device’s socket',
    'Devices connect to fanout by WebSocket at `/v1/socket?device={deviceId}` with `Authorization: Bearer <access token>`. Each text message is one JSON object: `DeviceFrame` from the device, `ServerFrame` to it (`@causeway/contracts/fanout`). The server closes with one of these codes.',
    table(['code', 'name'], codes),
  ]);
}
