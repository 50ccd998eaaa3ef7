/**
 * @typedef {{ readonly from: string, readonly step: string, readonly to: string }} Transition
 * @typedef {{ initial: string, transitions: readonly Transition[] }} StateMachine
 */

/**
 * A Mermaid state diagram: steps between the same two states share an arrow.
 * @param {string} initial
 * @param {readonly Transition[]} transitions
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

/**
 * Puts a state machine's diagram between the two marks `<!-- {name}: … -->` and `<!-- /{name} -->` of a page that is
 * written by hand.
 * @param {string} text
 * @param {string} name
 * @param {StateMachine} machine
 * @throws {TypeError} when the marks are not there
 */
export function withStateDiagram(text, name, { initial, transitions }) {
  const marked = new RegExp(`(<!-- ${name}: [^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marked.test(text)) throw new TypeError(`docs/architecture.md has lost the marks of its ${name}`);
  return text.replace(
    marked,
    (_whole, before, after) => `${before}\n${diagram(initial, transitions)}\n\n${after}`,
  );
}
