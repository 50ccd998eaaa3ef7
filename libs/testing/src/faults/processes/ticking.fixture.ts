/** Says a number every few milliseconds, and on request what it was given: what a test of `TestProcess` starts. */
const { everyMs, word } = JSON.parse(process.argv[2] ?? '{}') as { everyMs: number; word: string };

let tick = 0;
setInterval(() => process.send?.({ tick: ++tick }), everyMs);
process.on('message', (asked: object) => process.send?.({ word, asked }));
process.on('disconnect', () => process.exit());
