export { TestDeployment, type TestEngines } from './test-deployment.js';
