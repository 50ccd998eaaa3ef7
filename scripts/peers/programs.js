import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;

/**
 * Another implementation as a program.
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} origin package and version
 * @property {string} program its file
 */

/** @param {string} file @param {RegExp} pattern @returns {string} what the pattern's group finds */
function found(file, pattern) {
  const [, text] = pattern.exec(readFileSync(join(here, file), 'utf8')) ?? [];
  if (text === undefined) throw new Error(`${file} names no version`);
  return text;
}

/** @param {string} command @param {string[]} args @param {string} folder @param {NodeJS.ProcessEnv} [env] */
function build(command, args, folder, env = {}) {
  try {
    execFileSync(command, args, {
      cwd: join(here, folder),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Error(
      missing
        ? `the peer check needs ${command} on the PATH: it builds ${folder} with it`
        : `${folder} was not built`,
      { cause: error },
    );
  }
}

/**
 * Build the other implementations, Go's and Rust's, and use them.
 * @template T
 * @param {(peers: { whatsmeow: Peer, wacore: Peer }) => Promise<T>} use
 * @returns {Promise<T>}
 * @throws {Error} that names the compiler that is not there
 */
export async function withPeers(use) {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-peers-'));
  try {
    const whatsmeow = join(folder, 'whatsmeow');
    build('go', ['build', '-o', whatsmeow, '.'], 'whatsmeow');
    const target = process.env['CARGO_TARGET_DIR'] ?? join(here, '../../.causeway/peers');
    build('cargo', ['build'], 'wacore', { CARGO_TARGET_DIR: target });
    const version = found('whatsmeow/go.mod', /go\.mau\.fi\/whatsmeow (v\S+)/);
    const crates = found('wacore/Cargo.toml', /wacore-binary = .*"=(\d[\d.]*)"/);
    return await use({
      whatsmeow: { name: 'whatsmeow', origin: `go.mau.fi/whatsmeow ${version}`, program: whatsmeow },
      wacore: {
        name: 'wacore',
        origin: `crates wacore-binary and wacore-noise ${crates}`,
        program: join(target, 'debug/wacore-peer'),
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Peer} peer @param {string} command @param {readonly string[]} lines @returns {string[]} one answer to each */
export function answers({ name, program }, command, lines) {
  const output = execFileSync(program, [command], {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const all = output.split('\n').slice(0, -1);
  if (all.length !== lines.length) throw new Error(`${name} ${command} gave ${all.length} answers`);
  return all;
}

/**
 * Start a peer whose standard input and output are its socket.
 * @param {Peer} peer @param {string} command @param {object} config
 */
export function converse({ name, program }, command, config) {
  const child = spawn(program, [command, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  // What it does not want to hear any more is told by its exit code.
  child.stdin.on('error', () => undefined);
  /** @type {Promise<string>} what it told at its good end */
  const end = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(told.trim()) : reject(new Error(`${name} ${command}: ${told.trim()}`)),
    );
  });
  end.catch(() => undefined);
  return { input: child.stdin, output: child.stdout, end };
}
