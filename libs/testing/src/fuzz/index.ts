export { type FuzzTarget, inputsPerRun, tryInputs, tryInputsInTurn } from './try-inputs.js';
