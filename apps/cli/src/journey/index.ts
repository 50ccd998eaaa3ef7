export { fetchAccessToken, fetchBackendToken } from '../identity-provider/access-token.js';
export { runMainJob } from './main-job.js';
export { Phone, type PhoneMessage } from './phone.js';
export { writeSamples } from './samples.js';
export { stepNames, type JourneyContext, type StepName, type StepResult } from './step.js';
export { until } from './until.js';
export { identifierOf, ProviderUser } from './user.js';
