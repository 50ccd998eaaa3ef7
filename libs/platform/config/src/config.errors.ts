/** One thing that is wrong with the configuration. Never holds a secret's value. */
export interface ConfigProblem {
  readonly variable: string;
  readonly problem: string;
}

/** All problems of a configuration at once: the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(({ variable, problem }) => `${variable}: ${problem}`).join('\n'));
  }
}
