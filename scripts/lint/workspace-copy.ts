import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const workspace = resolve(import.meta.dirname, '../..');

/** A temporary copy of the workspace that shares the installed packages, to try a fault in. */
export interface WorkspaceCopy {
  /** Writes files, by path; gives back a function that takes them away again. */
  put(files: Readonly<Record<string, string>>): () => void;
  /** `npm run lint -- paths`: exit code and everything printed. */
  lint(...paths: string[]): Promise<{ code: number | null; output: string }>;
  remove(): void;
}

/** Copies what git tracks or would track. */
export function copyWorkspace(): WorkspaceCopy {
  const copy = mkdtempSync(join(tmpdir(), 'causeway-lint-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: workspace,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(workspace, name))))
    cpSync(join(workspace, file), join(copy, file));
  linkPackages(copy, 'node_modules');
  return {
    put(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(copy, path)), { recursive: true });
        writeFileSync(join(copy, path), text);
      }
      return () => Object.keys(files).forEach((path) => rmSync(join(copy, path)));
    },
    lint: (...paths) => run(copy, paths),
    remove: () => rmSync(copy, { recursive: true, force: true }),
  };
}

/** Installed packages are linked, the workspace's own links are repeated so that they lead into the copy. */
function linkPackages(copy: string, folder: string): void {
  mkdirSync(join(copy, folder));
  for (const name of readdirSync(join(workspace, folder))) {
    const original = join(workspace, folder, name);
    if (name === '@causeway') linkPackages(copy, join(folder, name));
    else symlinkSync(isWorkspaceLink(original) ? readlinkSync(original) : original, join(copy, folder, name));
  }
}

const isWorkspaceLink = (path: string): boolean =>
  lstatSync(path).isSymbolicLink() && !resolve(dirname(path), readlinkSync(path)).includes('node_modules');

function run(copy: string, paths: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn('npm', ['run', '-s', 'lint', '--', ...paths], {
    cwd: copy,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((done, failed) => {
    child.once('error', failed).once('close', (code) => done({ code, output }));
  });
}
