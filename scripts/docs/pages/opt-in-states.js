/**
 * The life of an opt-in as a Mermaid state diagram: steps between the same two states share an arrow.
 * @param {string} initial
 * @param {readonly { from: string, step: string, to: string }[]} transitions
 */
function diagram(initial, transitions) {
  const arrows = Map.groupBy(transitions, ({ from, to }) => `${from} --> ${to}`);
  const lines = [...arrows].map(([arrow, list]) => `${arrow}: ${list.map(({ step }) => step).join(', ')}`);
  const ends = [...new Set(transitions.map(({ to }) => to))].filter((state) =>
    transitions.every(({ from }) => from !== state),
  );
  const all = [`[*] --> ${initial}`, ...lines, ...ends.map((state) => `${state} --> [*]`)];
  return ['```mermaid', 'stateDiagram-v2', ...all.map((line) => `  ${line}`), '```'].join('\n');
}

const marked = /(<!-- opt-in states: [^>]*-->\n)[\s\S]*?(<!-- \/opt-in states -->)/;

/**
 * Puts the diagram between the two marks of a page that is written by hand.
 * @param {string} text
 * @param {{ initial: string, transitions: readonly { from: string, step: string, to: string }[] }} optInStates
 * @throws {TypeError} when the marks are not there
 */
export function withOptInStates(text, { initial, transitions }) {
  if (!marked.test(text)) throw new TypeError('docs/architecture.md has lost the marks of its state diagram');
  return text.replace(
    marked,
    (_whole, before, after) => `${before}\n${diagram(initial, transitions)}\n\n${after}`,
  );
}
