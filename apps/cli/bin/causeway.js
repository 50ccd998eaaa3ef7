#!/usr/bin/env node
// Without static imports, so that an old Node can still say what is wrong.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `causeway needs Node 24 or newer, this is ${major}.${minor}: run it as "npx causeway …" or by the npm scripts.`,
  );
  process.exitCode = 1;
} else {
  const { existsSync } = await import('node:fs');
  const entry = new URL('../dist/index.js', import.meta.url);
  if (existsSync(entry)) {
    const { run } = await import(entry.href);
    await run(process.argv.slice(2));
  } else {
    console.error('causeway is not built yet: run "npm run build" (or "npm start") first.');
    process.exitCode = 1;
  }
}
