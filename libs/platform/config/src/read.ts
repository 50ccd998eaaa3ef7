import { ConfigError, type ConfigProblem } from './config.errors.js';
import { readSecretFile } from './secret-file.js';
import {
  mayBeInFile,
  variableOf,
  type ConfigField,
  type ConfigSection,
  type CrossCheck,
  type FieldValues,
} from './section.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process, for tools that pass it on; services read settings by `readConfig`. */
export function processEnvironment(): Environment {
  return process.env;
}

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (
  value: infer I,
) => void
  ? I
  : never;

/** The values of several sections in one object. */
export type ConfigValues<S extends readonly ConfigSection[]> = UnionToIntersection<
  { [I in keyof S]: S[I] extends ConfigSection<infer F> ? FieldValues<F> : never }[number]
>;

export interface ReadOptions<V> {
  /** Told of each `CAUSEWAY_` variable that no section knows, by name: probably misspelt. */
  readonly onUnknown?: (variable: string) => void;
  /** Sections whose variables may be present without being read here. */
  readonly alsoKnown?: readonly ConfigSection[];
  /** Checks over several sections. */
  readonly checks?: readonly CrossCheck<V>[];
}

/**
 * Reads, defaults and checks the settings of all sections.
 * @throws ConfigError with every problem found
 */
export function readConfig<const S extends readonly ConfigSection[]>(
  sections: S,
  env: Environment = process.env,
  { onUnknown, alsoKnown = [], checks = [] }: ReadOptions<ConfigValues<S>> = {},
): ConfigValues<S> {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const section of sections) {
    const before = problems.length;
    for (const [key, field] of Object.entries(section.fields)) {
      values[key] = readField(key, field, env, problems);
    }
    if (problems.length === before) runCheck(section.name, section.check, values, problems);
  }
  if (problems.length === 0) for (const check of checks) runCheck('configuration', check, values, problems);
  if (onUnknown) unknownVariables([...sections, ...alsoKnown], env).forEach(onUnknown);
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ConfigValues<S>;
}

function runCheck(
  name: string,
  check: CrossCheck<never> | undefined,
  values: object,
  problems: ConfigProblem[],
): void {
  const problem = check?.(values as never);
  if (problem !== undefined) problems.push({ variable: name, problem });
}

function readField(key: string, field: ConfigField, env: Environment, problems: ConfigProblem[]): unknown {
  const variable = variableOf(key, field);
  const source = sourceOf(variable, field, env);
  if ('problem' in source) return void problems.push(source);
  const result = field.schema.safeParse(source.text);
  if (result.success) return result.data;
  const missing = source.text === undefined;
  problems.push({ variable, problem: missing ? 'is required' : describe(field, result.error.issues) });
  return undefined;
}

/** The text of a setting, wherever it stands, or why it cannot be had. */
export function sourceOf(
  variable: string,
  field: ConfigField,
  env: Environment,
): { text: string | undefined } | ConfigProblem {
  // An empty variable counts as absent: charts and compose files cannot leave one out.
  const text = env[variable] || undefined;
  const fileVariable = `${variable}_FILE`;
  const path = mayBeInFile(field) ? env[fileVariable] || undefined : undefined;
  if (path === undefined) return { text };
  if (text !== undefined) return { variable, problem: `set this or ${fileVariable}, not both` };
  const file = readSecretFile(path);
  return 'problem' in file
    ? { variable: fileVariable, problem: file.problem }
    : { text: file.text || undefined };
}

function describe(field: ConfigField, issues: readonly { readonly message: string }[]): string {
  // A schema's message may quote what it was given.
  if (field.secret) return 'is malformed (a secret, not shown)';
  return issues
    .map(({ message }) => message)
    .join('; ')
    .replaceAll(/\s+/g, ' ');
}

function unknownVariables(sections: readonly ConfigSection[], env: Environment): string[] {
  const known = new Set(
    sections.flatMap(({ fields }) =>
      Object.entries(fields).flatMap(([key, field]) => {
        const variable = variableOf(key, field);
        return mayBeInFile(field) ? [variable, `${variable}_FILE`] : [variable];
      }),
    ),
  );
  return Object.keys(env).filter((name) => name.startsWith('CAUSEWAY_') && !known.has(name));
}
