import { join } from 'node:path';
import { coordinationCalls } from 'causeway/stack';
import { describe, expect, it } from 'vitest';
import { sourceTexts } from '../docs/typescript-files.js';
import { services } from '../lint/boundaries.js';

const workspace = join(import.meta.dirname, '../..');
const methods = {
  presence: ['renew', 'life', 'restore', 'put', 'remove', 'get', 'list'],
  mailbox: ['append', 'read', 'remove', 'destroy'],
  signals: ['publish', 'subscribe'],
  rates: ['take'],
};
const known = Object.entries(methods).flatMap(([part, names]) => names.map((name) => `${part}.${name}`));

/** The calls of the coordination port in a service's sources. */
function callsOf(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => [
    ...text.matchAll(/\b(?:presence|mailbox|signals|rates)\.\w+(?=\()/g),
  ]);
  return [...new Set(found.map(([call]) => call))].filter((call) => known.includes(call)).sort();
}

describe('the calls of coordination that the grant table names', () => {
  it.each(services)('are those that the sources of %s have', (service) => {
    const texts = sourceTexts(workspace, `libs/${service}`).map(({ text }) => text);
    expect(callsOf(texts)).toEqual([...coordinationCalls[service as keyof typeof coordinationCalls]].sort());
  });

  it('are recognised in code', () => {
    expect(callsOf(['await this.deps.coordination.rates.take(a, b); signals.start();'])).toEqual([
      'rates.take',
    ]);
  });
});
