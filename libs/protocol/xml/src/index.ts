export { serializeXml } from './serialize-xml.js';
export { bytesOf, child, children, jidAttr, stanza, textAttr, textOf, type Stanza } from './stanza.js';
export { XmlError, type XmlErrorCode } from './xml-error.js';
export { XmlStreamParser, type XmlLimits, type XmlStreamHandlers } from './xml-stream-parser.js';
