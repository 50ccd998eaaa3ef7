import { EventBusError, type TopicFaultCode } from './errors.js';

/** What makes a topic unfit. */
export interface TopicFault {
  readonly code: TopicFaultCode;
  /** What is wrong, to be read after the topic's name. */
  readonly text: string;
}

/** A topic as the engine has it now. */
export interface TopicState {
  readonly partitions: number;
  /** Beside the partition count. */
  readonly faults: readonly TopicFault[];
}

/** A fault and whose it is. */
export interface TopicProblem extends TopicFault {
  readonly topic: string;
}

/** Topics are there that this version must not run on. The message has a line for each problem, ending in its code. */
export class TopicsUnfitError extends EventBusError {
  constructor(readonly problems: readonly TopicProblem[]) {
    const lines = problems.map(({ topic, text, code }) => `topic ${topic} ${text} (${code})`);
    super(problems[0]?.code ?? 'topic_unavailable', lines.join('\n'));
  }
}

/** How long events are kept must be what the contract says: less loses events, more keeps what was promised to go. */
export function retentionFault(actualMs: number, wantedMs: number): TopicFault[] {
  if (actualMs === wantedMs) return [];
  const short = actualMs >= 0 && actualMs < wantedMs;
  const kept = actualMs < 0 ? 'keeps events for ever' : `keeps events ${actualMs} ms`;
  return [
    {
      code: short ? 'retention_too_short' : 'retention_too_long',
      text: `${kept}, its contract says ${wantedMs} ms`,
    },
  ];
}
