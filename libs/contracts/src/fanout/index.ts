export { DeviceFrame } from './device-frames.js';
export { ServerFrame, SessionState } from './server-frames.js';
export { SocketQuery, SOCKET_PATH, socketCloseCodes } from './socket.js';
export * from './http.js';
export { fanoutErrors } from './errors.js';
