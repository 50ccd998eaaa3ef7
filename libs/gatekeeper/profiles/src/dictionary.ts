import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { BinaryXmlError, bundledDictionary, loadDictionary, type Dictionary } from '@causeway/binary-xml';
import { ProfileError } from './profile-error.js';
import type { GatekeeperProfile } from './schema.js';

/** Four times the size of version 3. */
const maxBytes = 131_072;

/**
 * The profile with the path of its dictionary, which it names relative to its own folder. A file that is no dictionary
 * is found here, before anything is started with it. Throws ProfileError `profile_invalid`.
 */
export function withDictionaryIn(folder: string, profile: GatekeeperProfile): GatekeeperProfile {
  const { wire } = profile;
  if (wire.codec !== 'binary' || wire.dictionary === 3) return profile;
  const dictionary = isAbsolute(wire.dictionary) ? wire.dictionary : join(folder, wire.dictionary);
  try {
    dictionaryOf(dictionary);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProfileError('profile_invalid', profile.id, `wire.dictionary: ${reason}`);
  }
  return { ...profile, wire: { ...wire, dictionary } };
}

/**
 * Reads a dictionary. Files are read at each call: a wire is made once for a process.
 * @param named version 3, or the path of a data file `{ single: 236 tokens, double: 4 x 256 tokens }`
 * @throws BinaryXmlError `bad_dictionary`; what reading the file throws
 */
export function dictionaryOf(named: 3 | string): Dictionary {
  if (named === 3) return bundledDictionary();
  if (statSync(named).size > maxBytes) throw new BinaryXmlError('bad_dictionary');
  const text = readFileSync(named, 'utf8');
  try {
    return loadDictionary(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new BinaryXmlError('bad_dictionary');
    throw error;
  }
}
