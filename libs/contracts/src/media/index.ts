export * from './http.js';
export { mediaErrors } from './errors.js';
