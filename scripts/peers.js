/**
 * `npm run verify -- peers [record]`: our wire against implementations that nobody here wrote. Builds them (needs Go and
 * Rust), converses with them in both roles, and compares what they write and read with the recorded vectors, which are
 * what the unit tests read. With `record` it writes the vectors anew.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { clientOf, serverOf } from './peers/conversations.js';
import { withPeers } from './peers/programs.js';
import { recordStanzas } from './peers/stanzas.js';

const root = join(import.meta.dirname, '..');
const noise = 'libs/protocol/noise/fixtures';
const files = {
  client: `${noise}/noise-whatsmeow.json`,
  server: `${noise}/noise-wacore.json`,
  stanzas: 'libs/protocol/binary-xml/fixtures/peers.json',
};

/** @param {object} recorded @returns {string} JSON, a line for each element of its lists */
function asRows(recorded) {
  const fields = Object.entries(recorded).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((row) => JSON.stringify(row)).join(',\n')}\n]`
      : JSON.stringify(value);
    return `${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

/**
 * @param {string} file @param {readonly import('./peers/programs.js').Peer[]} peers @param {object} recorded
 * @param {boolean} write
 * @returns {boolean} whether the file holds what was recorded now
 */
function keep(file, peers, recorded, write) {
  const path = join(root, file);
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const now = { origin: peers.map(({ origin }) => origin).join(', '), ...recorded };
  const same = isDeepStrictEqual({ ...before, date: '' }, JSON.parse(JSON.stringify({ ...now, date: '' })));
  if (!same && write) writeFileSync(path, asRows({ date: new Date().toISOString().slice(0, 10), ...now }));
  console.log(`${same ? 'as recorded' : write ? 'recorded anew' : 'NOT as recorded'}: ${file}`);
  return same || write;
}

/** @param {boolean} write @returns {Promise<boolean>} */
const verify = (write) =>
  withPeers(async ({ whatsmeow, wacore }) => {
    const client = await clientOf(whatsmeow);
    console.log('whatsmeow as client: logs in at our responder, asks, reads the answer');
    await assert.rejects(clientOf(whatsmeow, { transcript: 'spec' }), /decrypt server static/);
    await assert.rejects(clientOf(whatsmeow, { trusted: '09'.repeat(32) }), /intermediate cert signature/);
    console.log('whatsmeow as client: refuses rule spec, and a chain of another root');
    const server = await serverOf(wacore, whatsmeow);
    console.log('wacore as server: lets our initiator in, hears it, is heard');
    const kept = [
      keep(files.client, [whatsmeow], client, write),
      keep(files.server, [wacore, whatsmeow], server, write),
      keep(files.stanzas, [whatsmeow, wacore], recordStanzas({ whatsmeow, wacore }), write),
    ];
    return kept.every(Boolean);
  });

try {
  process.exitCode = (await verify(process.argv[2] === 'record')) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
