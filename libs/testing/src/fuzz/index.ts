export { type FuzzTarget, inputsPerRun, tryInputs } from './try-inputs.js';
