import type { Letter } from './letter.js';
import type { LetterGroup } from './parked-letters.js';

/** Counts letters by topic, group, code and state. */
export function groupLetters(letters: readonly Letter[], now = Date.now()): LetterGroup[] {
  const groups = new Map<string, Letter[]>();
  for (const letter of letters) {
    const name = JSON.stringify([letter.topic, letter.group, letter.code, letter.state]);
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [letter]);
    else members.push(letter);
  }
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { topic, group, code, state } = first;
    const oldest = members.reduce(
      (least, { at }) => Math.min(least, at === undefined ? now : Date.parse(at)),
      now,
    );
    return [
      {
        topic,
        group,
        code,
        state,
        letters: members.length,
        lanes: new Set(members.map(({ lane }) => lane)).size,
        oldestSeconds: Math.max(0, Math.round((now - oldest) / 1_000)),
      },
    ];
  });
}
