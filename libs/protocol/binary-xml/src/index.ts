export { BinaryXmlError, type BinaryXmlErrorCode } from './binary-xml-error.js';
export { decodeStanza, decodeStanzaHead, type DecodeLimits, type DecodeOptions } from './decode.js';
export { bundledDictionary, type Dictionary, loadDictionary } from './dictionary.js';
export { encodeStanza, type EncodeOptions } from './encode.js';
export { packFrame, unpackFrame, unpackFrameStart } from './frame.js';
