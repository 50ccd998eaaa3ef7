export { owners, type Owner } from './owners.js';
export { asExecutor, type RawQueries } from './client/executor.js';
