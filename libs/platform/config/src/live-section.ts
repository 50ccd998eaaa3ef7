import { ConfigError, type ConfigProblem } from './config.errors.js';
import { readConfig, sourceOf, type Environment } from './read.js';
import { variableOf, type ConfigFields, type ConfigSection, type FieldValues } from './section.js';

/** What reading a section again brought. */
type Reload = 'same' | 'changed';

/**
 * A section whose files are read again while the process runs. A value stays until all of the section's values are right
 * together: with a key and its key set in two files, one may change a moment before the other.
 */
export class LiveSection<F extends ConfigFields> {
  #seen: string;
  #values: FieldValues<F>;

  /** @throws ConfigError as `readConfig` */
  constructor(
    private readonly section: ConfigSection<F>,
    private readonly env: Environment,
  ) {
    const { text, resolved } = this.#read();
    this.#seen = text;
    this.#values = this.#parse(resolved);
  }

  get name(): string {
    return this.section.name;
  }

  /** The last values that were right. */
  get values(): FieldValues<F> {
    return this.#values;
  }

  /** Whether any of its settings is in a file: the others cannot change. */
  get isInFiles(): boolean {
    return Object.entries(this.section.fields).some(
      ([key, field]) => (this.env[`${variableOf(key, field)}_FILE`] ?? '') !== '',
    );
  }

  /**
   * Looks at the files. What was refused once is not looked at again before it changes.
   * @param use is given the new values, and may refuse them by throwing
   * @throws ConfigError when what is there now is malformed; the values stay as they were
   */
  reload(use: (values: FieldValues<F>) => void = () => undefined): Reload {
    const { text, resolved } = this.#read();
    if (text === this.#seen) return 'same';
    this.#seen = text;
    const values = this.#parse(resolved);
    use(values);
    this.#values = values;
    return 'changed';
  }

  /** Every file once, so that what is compared is what is parsed. */
  #read(): { text: string; resolved: Environment | readonly ConfigProblem[] } {
    const resolved: Record<string, string | undefined> = { ...this.env };
    const sources = Object.entries(this.section.fields).map(([key, field]) => {
      const variable = variableOf(key, field);
      const source = sourceOf(variable, field, this.env);
      if ('text' in source) {
        resolved[variable] = source.text;
        resolved[`${variable}_FILE`] = undefined;
      }
      return source;
    });
    const problems = sources.filter((source) => 'problem' in source);
    return { text: JSON.stringify(sources), resolved: problems.length > 0 ? problems : resolved };
  }

  #parse(resolved: Environment | readonly ConfigProblem[]): FieldValues<F> {
    if (isProblems(resolved)) throw new ConfigError(resolved);
    return readConfig([this.section], resolved) as unknown as FieldValues<F>;
  }
}

function isProblems(resolved: Environment | readonly ConfigProblem[]): resolved is readonly ConfigProblem[] {
  return Array.isArray(resolved);
}
