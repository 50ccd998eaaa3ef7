export { bytesOf, child, children, stanza, textOf, type Stanza } from './stanza.js';
