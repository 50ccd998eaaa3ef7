import type { z } from 'zod';

/** One setting. Its variable is `CAUSEWAY_` and its key. */
export interface ConfigField {
  /** Gets the variable's text, or undefined when it is absent or empty. */
  readonly schema: z.ZodType;
  /** One sentence for the reference page. */
  readonly doc: string;
  /** The value may also come from the file that `CAUSEWAY_<KEY>_FILE` names, and is never printed. */
  readonly secret?: boolean;
  /** The value may come from such a file too, but is no secret. */
  readonly file?: boolean;
  /** The value holds certificates: until when is measured. */
  readonly certificates?: boolean;
  /** A value for the generated sample. */
  readonly example?: string;
  /** The variable's full name where it is not ours to choose. */
  readonly variable?: string;
}

export type ConfigFields = Readonly<Record<string, ConfigField>>;

/** What reading a section's fields gives. */
export type FieldValues<F extends ConfigFields> = { readonly [K in keyof F]: z.output<F[K]['schema']> };

/** Looks at several values together; gives a sentence when they do not fit, which must not quote a secret. */
export type CrossCheck<V> = (values: V) => string | undefined;

export interface ConfigSection<F extends ConfigFields = ConfigFields> {
  readonly name: string;
  readonly fields: F;
  // A method, not a property: sections of all shapes must fit into one list.
  check?(values: FieldValues<F>): string | undefined;
}

/** Declares a group of settings under a title for the reference page. */
export function defineConfig<const F extends ConfigFields>(
  name: string,
  fields: F,
  check?: CrossCheck<FieldValues<F>>,
): ConfigSection<F> {
  return { name, fields, ...(check ? { check } : {}) };
}

/** Whether a field's value may come from the file that `CAUSEWAY_<KEY>_FILE` names. */
export function mayBeInFile({ secret, file }: ConfigField): boolean {
  return secret === true || file === true;
}

/** The environment variable of a field. */
export function variableOf(key: string, field: ConfigField): string {
  return field.variable ?? `CAUSEWAY_${key}`;
}
