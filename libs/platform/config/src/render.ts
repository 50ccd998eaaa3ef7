import { mayBeInFile, variableOf, type ConfigField, type ConfigSection } from './section.js';

/** The reference page of all settings, in Markdown. */
export function renderReference(sections: readonly ConfigSection[]): string {
  const parts = sections.map(({ name, fields }) => {
    const rows = Object.entries(fields).map(([key, field]) => {
      const variable = variableOf(key, field);
      const secret = field.secret ? 'yes' : '';
      const file = mayBeInFile(field) ? `or \`${variable}_FILE\`` : '';
      const where = [secret, file].filter(Boolean).join(', ');
      return `| \`${variable}\` | ${defaultText(field)} | ${where} | ${cell(field.doc)} |`;
    });
    return [`## ${name}`, '', '| variable | default | secret | meaning |', '|---|---|---|---|', ...rows].join(
      '\n',
    );
  });
  return ['# Configuration', ...parts].join('\n\n') + '\n';
}

/** A sample environment file: what is required with its example, the rest commented out. */
export function renderSample(sections: readonly ConfigSection[]): string {
  const parts = sections.map(({ name, fields }) => {
    const lines = Object.entries(fields).flatMap(([key, field]) => {
      const fallback = defaultOf(field);
      const comment = isRequired(field) ? '' : '#';
      const value = field.example ?? (fallback === undefined ? '' : plain(fallback));
      return [`# ${field.doc}`, `${comment}${variableOf(key, field)}=${quote(value)}`];
    });
    return [`### ${name}`, ...lines].join('\n');
  });
  return parts.join('\n\n') + '\n';
}

function isRequired(field: ConfigField): boolean {
  return !field.schema.safeParse(undefined).success;
}

function defaultOf(field: ConfigField): unknown {
  const result = field.schema.safeParse(undefined);
  return result.success ? result.data : undefined;
}

function defaultText(field: ConfigField): string {
  if (isRequired(field)) return 'required';
  const fallback = defaultOf(field);
  const text = fallback === undefined ? '' : plain(fallback);
  return text === '' ? 'none' : `\`${cell(text)}\``;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function quote(value: string): string {
  return /^[\w.,:/@-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
