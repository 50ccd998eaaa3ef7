const columns = ['seed', 'ok', 'lost', 'doubled', 'reordered', 'phantom', 'recoveredMs'];

/**
 * @param {string} record a line of JSON for each trial, as the fault kit writes them
 * @returns {string[]} lines of a table, for people
 */
export function faultTable(record) {
  const trials = record
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /** @type {Record<string, string | number>} */ (JSON.parse(line)));
  if (trials.length === 0) return ['no trial came to its end'];
  const rows = trials.map((trial) => [trial['trial'], ...columns.map((name) => trial[name] ?? '-')]);
  const heads = ['trial', ...columns.slice(0, -1), 'recovered ms'];
  const all = [heads, ...rows].map((cells) => cells.map(String));
  const widths = heads.map((_, index) => Math.max(...all.map((cells) => cells[index]?.length ?? 0)));
  return all.map((cells) =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  '),
  );
}
