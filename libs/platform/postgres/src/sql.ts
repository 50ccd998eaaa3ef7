/** A parameterised statement. Values travel apart from the text, so that no value is ever spliced into SQL. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

class SqlFragment implements Sql {
  constructor(
    readonly strings: readonly string[],
    readonly values: readonly unknown[],
  ) {}

  get text(): string {
    return this.strings.reduce((text, part, index) => (index === 0 ? part : `${text}$${index}${part}`), '');
  }
}

function compose(strings: readonly string[], values: readonly unknown[]): SqlFragment {
  const outStrings: string[] = [strings[0] ?? ''];
  const outValues: unknown[] = [];
  const append = (text: string): void => {
    outStrings[outStrings.length - 1] += text;
  };
  values.forEach((value, index) => {
    if (value instanceof SqlFragment) {
      append(value.strings[0] ?? '');
      value.values.forEach((inner, at) => {
        outValues.push(inner);
        outStrings.push(value.strings[at + 1] ?? '');
      });
    } else {
      outValues.push(value);
      outStrings.push('');
    }
    append(strings[index + 1] ?? '');
  });
  return new SqlFragment(outStrings, outValues);
}

/**
 * Tagged template for SQL: every `${value}` becomes a numbered parameter, a nested `Sql` made by this module is
 * inlined with its own parameters.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  return compose(strings, values);
}

/** Text taken as it is. Only for constants of the program, never for input. */
sql.raw = (text: string): Sql => new SqlFragment([text], []);

/** A quoted identifier (schema, table, column, channel). */
sql.ident = (...names: readonly string[]): Sql =>
  new SqlFragment([names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')], []);

/** Fragments with a separator between them, `, ` by default. */
sql.join = (parts: readonly Sql[], separator = ', '): Sql =>
  compose(
    ['', ...parts.slice(1).map(() => separator), ''],
    parts.map((part) => (part instanceof SqlFragment ? part : new SqlFragment([part.text], []))),
  );
