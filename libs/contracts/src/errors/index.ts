/** One error code of the catalogue: what HTTP status it has and what it means, in words for an engineer. */
export interface ErrorDefinition {
  readonly code: string;
  readonly status: number;
  readonly meaning: string;
}

/**
 * Declares the error codes of one owner.
 * @returns the same table with each code's name filled in.
 */
export function defineErrors<Table extends Record<string, { status: number; meaning: string }>>(
  table: Table,
): { readonly [Code in keyof Table]: ErrorDefinition } {
  return Object.fromEntries(
    Object.entries(table).map(([code, entry]) => [code, Object.freeze({ code, ...entry })]),
  ) as { readonly [Code in keyof Table]: ErrorDefinition };
}

/**
 * Puts the owners' tables together into the one catalogue.
 * @throws {TypeError} when two owners use the same code.
 */
export function composeCatalogue(
  owners: Readonly<Record<string, Readonly<Record<string, ErrorDefinition>>>>,
): ReadonlyMap<string, ErrorDefinition & { readonly owner: string }> {
  const catalogue = new Map<string, ErrorDefinition & { owner: string }>();
  for (const [owner, table] of Object.entries(owners)) {
    for (const definition of Object.values(table)) {
      if (catalogue.has(definition.code))
        throw new TypeError(`error code declared twice: ${definition.code}`);
      catalogue.set(definition.code, { ...definition, owner });
    }
  }
  return catalogue;
}
