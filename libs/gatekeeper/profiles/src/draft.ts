import { parseDocument } from 'yaml';
import { unset } from './fields.js';
import { ProfileError } from './profile-error.js';
import { profileSchema, type GatekeeperProfile } from './schema.js';

/** A tree of a profile's fields as they were read. */
export type ProfileValues = Readonly<Record<string, unknown>>;

/** A profile that was checked, but for the fields whose value is still missing. */
export interface ProfileDraft {
  readonly id: string;
  /** Paths of the fields that are `unset`. */
  readonly unset: readonly string[];
  readonly values: ProfileValues;
}

/** A profile is a page; what is much longer is not one. */
const maxLength = 65_536;

export function isTree(value: unknown): value is ProfileValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads YAML of one document, without aliases and repeated keys. */
function readYaml(text: string, name: string): ProfileValues {
  const invalid = (reason: string): ProfileError => new ProfileError('profile_unreadable', name, reason);
  if (text.length > maxLength) throw invalid(`is longer than ${maxLength} characters`);
  let value: unknown;
  try {
    const document = parseDocument(text, { strict: true, uniqueKeys: true, prettyErrors: false });
    const error = document.errors[0];
    if (error) {
      const line = text.slice(0, error.pos[0]).split('\n').length;
      throw invalid(`is not YAML: line ${line}: ${error.message}`);
    }
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof ProfileError) throw error;
    throw invalid(`is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isTree(value)) throw invalid('is not a list of fields and values');
  return value;
}

function unsetPaths(value: unknown, path: string): string[] {
  if (value === unset) return [path];
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    unsetPaths(inner, path === '' ? key : `${path}.${key}`),
  );
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (inner, key) => (isTree(inner) ? inner[key] : Array.isArray(inner) ? inner[Number(key)] : undefined),
    values,
  );
}

/** Checks every field against the schema. Throws ProfileError `profile_invalid` for the first that is wrong. */
function check(
  values: ProfileValues,
  name: string,
  missing: readonly string[],
): GatekeeperProfile | undefined {
  const outcome = profileSchema.safeParse(values);
  if (outcome.success) return outcome.data;
  for (const issue of outcome.error.issues) {
    const at = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      const path = [...at, issue.keys[0]].join('.');
      throw new ProfileError('profile_invalid', name, `${path}: is not a field of a profile`);
    }
    const path = at.join('.');
    if (missing.includes(path)) continue;
    const reason = valueAt(values, at) === undefined ? 'is missing' : issue.message;
    throw new ProfileError('profile_invalid', name, `${path}: ${reason}`);
  }
  return undefined;
}

/** Turns a tree of fields into a draft. Throws ProfileError `profile_invalid`. */
export function draftOf(values: ProfileValues, name?: string): ProfileDraft {
  const id = values['id'];
  const known = name ?? (typeof id === 'string' ? id : '(without id)');
  const missing = unsetPaths(values, '');
  check(values, known, missing);
  if (typeof id !== 'string' || id === unset)
    throw new ProfileError('profile_invalid', known, 'id: is missing');
  return { id, unset: missing, values };
}

/**
 * Reads a profile. A field may hold `unset` where its value is known only to a deployment or under a contract; such
 * a profile is valid, but `resolveProfile` refuses it until the value is given.
 * Throws ProfileError `profile_unreadable` or `profile_invalid`.
 */
export function parseProfile(yamlText: string, name?: string): ProfileDraft {
  const values = readYaml(yamlText, name ?? '(text)');
  return draftOf(values, name);
}

/** The profile of a draft in which nothing is unset. */
export function completed({ id, values }: ProfileDraft): GatekeeperProfile {
  const profile = check(values, id, []);
  if (profile === undefined) throw new ProfileError('profile_invalid', id, 'is incomplete');
  return profile;
}
