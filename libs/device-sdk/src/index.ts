export * from './suites/port.js';
export { x3dhSuite } from './suites/x3dh/suite.js';
export { pqxdhSuite } from './suites/pqxdh/suite.js';
