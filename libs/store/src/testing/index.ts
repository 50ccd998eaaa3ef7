export { cloneTestDatabase, createTemplateDatabase, testPasswords, type TestDatabase } from './template.js';
