// Generates the code that is not kept in git: the database client and the protobuf modules. Needs no network.
// Each output remembers a digest of what it was made from, and is left alone while that has not changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(join(root, 'package.json'));
const stampName = '.inputs.sha256';

/** The file of a command-line program that an installed package brings. */
function programOf(name) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name.replace(/^.*\//, '')]);
}

function versionOf(name) {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version;
}

function digestOf(versions, files) {
  const hash = createHash('sha256').update(versions.join('\n'));
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function filesUnder(folder, extension) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name))
    .sort();
}

/** One generated folder: made anew when the digest of its inputs differs from the one it was made from. */
function generate({ output, digest, program, args, cwd, env = {} }) {
  const stamp = join(root, output, stampName);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  const started = performance.now();
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const run = spawnSync(process.execPath, [program, ...args], {
    cwd: join(root, cwd),
    env: { ...process.env, PATH: path, ...env },
    encoding: 'utf8',
  });
  if (run.status !== 0) {
    console.error(`generate: ${output} failed\n${run.stdout ?? ''}${run.stderr ?? ''}${run.error ?? ''}`);
    process.exit(1);
  }
  writeFileSync(stamp, digest);
  console.error(`generate: ${output} in ${Math.round(performance.now() - started)} ms`);
}

generate({
  output: 'libs/store/src/generated',
  digest: digestOf([versionOf('prisma')], filesUnder('libs/store/prisma/schema', '.prisma')),
  program: programOf('prisma'),
  args: ['generate', '--no-hints', '--schema', 'prisma/schema'],
  cwd: 'libs/store',
  env: {
    // Generating needs no schema engine, but Prisma would download one unless a program is named.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
});

for (const project of ['libs/protocol/content', 'apps/gatekeeper-sim']) {
  const settings = ['buf.gen.yaml', 'buf.yaml'].map((name) => join(project, name));
  if (!settings.every((file) => existsSync(join(root, file)))) continue;
  const out = /^\s*out:\s*(\S+)/m.exec(readFileSync(join(root, settings[0]), 'utf8'))?.[1];
  if (out === undefined) throw new Error(`${settings[0]} names no out folder`);
  generate({
    output: join(project, out),
    digest: digestOf(
      [versionOf('@bufbuild/buf'), versionOf('@bufbuild/protoc-gen-es')],
      [...settings, ...filesUnder(project, '.proto').filter((file) => !file.includes('node_modules'))],
    ),
    program: programOf('@bufbuild/buf'),
    args: ['generate'],
    cwd: project,
  });
}
