import { enlist, optIn, optOut, receipts, typing, wake } from './lifecycle.js';
import { fileIn, fileOut, reactionIn, reactionOut, replyIn, replyOut, textIn, textOut } from './messages.js';
import { stepNames, type JourneyContext, type Step, type StepName, type StepResult } from './step.js';

const steps: Readonly<Record<StepName, Step>> = {
  'opt-in': optIn,
  enlist,
  'text-out': textOut,
  'text-in': textIn,
  'reply-out': replyOut,
  'reply-in': replyIn,
  'reaction-out': reactionOut,
  'reaction-in': reactionIn,
  'image-out': fileOut('image'),
  'image-in': fileIn('image'),
  'voice-out': fileOut('voice'),
  'voice-in': fileIn('voice'),
  'document-out': fileOut('document'),
  'document-in': fileIn('document'),
  typing,
  receipts,
  wake,
  'opt-out': optOut,
};

/**
 * Carries out the main job, step by step; the first step that fails ends it.
 * @param onStep told of each step as it ends
 * @param ended no further step begins once it is aborted
 */
export async function runMainJob(
  context: JourneyContext,
  onStep: (result: StepResult) => void,
  names: readonly StepName[] = stepNames,
  ended?: AbortSignal,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const name of names) {
    if (ended?.aborted === true) break;
    const result = await runStep(name, context);
    results.push(result);
    onStep(result);
    if (!result.ok) break;
  }
  return results;
}

async function runStep(name: StepName, context: JourneyContext): Promise<StepResult> {
  const startedAt = performance.now();
  const took = () => Math.round(performance.now() - startedAt);
  try {
    const story = await steps[name](context);
    return { name, ok: true, ms: took(), story };
  } catch (error) {
    const story = error instanceof Error ? error.message : 'failed';
    return { name, ok: false, ms: took(), story };
  }
}
