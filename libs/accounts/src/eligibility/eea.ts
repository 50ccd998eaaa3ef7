/**
 * The countries of the European Economic Area, ISO 3166-1 alpha-2: the members of the Union, Iceland, Liechtenstein and
 * Norway. Switzerland and the United Kingdom are not in it.
 */
const eea: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '),
);

export type Region = 'eea' | 'any';

/** @param country ISO 3166-1 alpha-2, upper case */
export function isInside(region: Region, country: string): boolean {
  return region === 'any' || eea.has(country);
}
