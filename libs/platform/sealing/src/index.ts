export { LocalKeyWrap, type KeyWrap } from './key-wrap.js';
export { openRecord, sealRecord, SealingError, type SealedRecord } from './sealed-record.js';
