import { code, page, table } from '../markdown.js';

/** @typedef {import('../routes/read-routes.js').Route} Route */

const introduction = [
  'Request and answer bodies are the schemas of `libs/contracts` (`@causeway/contracts/<service>`); errors are problem documents with a code of [the catalogue](errors.md). The same as OpenAPI 3.1, a document per service: [openapi](openapi).',
  'Every service also answers `GET /live`, `GET /ready` and `GET /metrics`. The schemas of `/internal/v1/personal-data` are those of `@causeway/personal-data`.',
];

/** @typedef {Readonly<Record<string, number>>} CloseCodes */

/** What each close code of a tunnel asks of the device. @type {Record<string, string>} */
const tunnelAdvice = {
  gatekeeperClosed: 'The gatekeeper closed, for reasons that it gave on the connection.',
  notBinary: 'A text message came; the wire has binary ones alone. Coming again does not help.',
  tooLarge: 'A message was larger than the limit.',
  comeAgain:
    'Come again at once: the pod is draining, the tunnel has lasted long enough, or another pod knows more.',
  unauthorized: 'The access token has expired: get a new one, and come again.',
  rightsRevoked: 'The right to this tunnel was taken: look at the opt-in.',
  idle: 'Nothing came for too long, or pings were not answered.',
  replaced: 'Another tunnel of the same device took over.',
  gatekeeperLost: 'The connection to the gatekeeper broke: come again after a pause.',
  tooSlow: 'A side did not take what waited for it.',
  deletionOnly: 'The user has withdrawn: more bytes than a request for the deletion needs.',
};

/** @param {readonly Route[]} routes @param {CloseCodes} closeCodes @param {CloseCodes} tunnelCodes */
export function httpPage(routes, closeCodes, tunnelCodes) {
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
    '## The tunnel',
    'Devices in mode `tunnel` connect to session by WebSocket at `/tunnel?device={deviceId}&gatekeeper={gatekeeper}` with `Authorization: Bearer <access token>`. Each binary message is carried to the gatekeeper’s chat server, and each of its messages back, unread. A refused upgrade is a problem document; it is answered once the gatekeeper has been reached. The server closes with one of these codes.',
    table(
      ['code', 'name', 'what to do'],
      Object.entries(tunnelCodes).map(([name, number]) => [
        String(number),
        code(name),
        tunnelAdvice[name] ?? '',
      ]),
    ),
  ]);
}
