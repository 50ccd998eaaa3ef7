/** What a running program of the version before may still use, and which statement takes it away. */
const destructive: readonly (readonly [RegExp, string])[] = [
  [/\bdrop\s+(table|schema|view|materialized\s+view|sequence|type|function)\b/i, 'drops an object'],
  [/\bdrop\s+column\b/i, 'drops a column'],
  [/\bdrop\s+default\b/i, 'drops a default'],
  [/\brename\b/i, 'renames'],
  [/\bset\s+not\s+null\b/i, 'forbids null'],
  [/\badd\s+column\b(?![^,;]*\bdefault\b)[^,;]*\bnot\s+null\b/i, 'adds a column that must be given'],
  [/\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/i, 'changes a type'],
  [/\btruncate\b/i, 'empties a table'],
];

const marker = /^-- contract: \S.{19,}/m;

/**
 * Names what in a migration would break a program of the version before. Such a migration is allowed when a line
 * `-- contract: <why nothing that runs uses it any more>` says so.
 */
export function destructiveStatements(script: string): readonly string[] {
  if (marker.test(script)) return [];
  return withoutComments(script)
    .split(';')
    .flatMap((statement) =>
      destructive.flatMap(([pattern, what]) =>
        pattern.test(statement) ? [`${what}: ${statement.trim().replace(/\s+/g, ' ').slice(0, 100)}`] : [],
      ),
    );
}

/** Comments and texts in quotes may say anything. */
function withoutComments(script: string): string {
  return script
    .replace(/--.*$/gm, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^']|'')*'/g, "''");
}
