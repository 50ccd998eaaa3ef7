import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

// Lets a bare Node process run our sources: it looks for `x.ts` where an import says `x.js`.
const resolveSources = `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  const ours = name.startsWith('.') && !context.parentURL?.includes('/node_modules/');
  return next(ours ? name.replace(/\\.js$/, '.ts') : name, context);
} });`;

const program = `
const { Lifecycle } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
const lifecycle = new Lifecycle({ logger: { info() {}, error() {} } });
const alive = setInterval(() => undefined, 1_000);
let release;
lifecycle.onStop('slow', 'intake', () => new Promise((resolve) => { console.log('stopping'); release = resolve; }), 20_000);
lifecycle.onStop('last', 'engines', () => { console.log('stopped'); clearInterval(alive); }, 1_000);
lifecycle.installSignalHandlers();
process.stdin.on('data', () => { release(); process.stdin.destroy(); });
console.log('ready');
`;

describe('a process with signal handlers', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'drains on %s in spite of more signals, and ends by itself with 0',
    async (signal) => {
      const flags = ['--no-warnings', '--experimental-transform-types', '--input-type=module'];
      const hooks = `data:text/javascript,${encodeURIComponent(resolveSources)}`;
      const child = spawn(process.execPath, [...flags, '--import', hooks, '-e', program]);
      let output = '';
      const said = async (line: string): Promise<void> => {
        while (!output.includes(line)) output += String((await once(child.stdout, 'data'))[0]);
      };
      let errors = '';
      child.stderr.on('data', (chunk) => (errors += String(chunk)));
      await said('ready');
      child.kill(signal);
      await said('stopping');
      child.kill('SIGTERM');
      child.kill('SIGINT');
      child.stdin.write('go on\n');
      await said('stopped');
      const exited: unknown = await once(child, 'exit');
      expect({ exited, errors }).toEqual({ exited: [0, null], errors: '' });
    },
  );
});
