import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';

describe('the command line of npm test', () => {
  it('is all suites unless some are named, in their own order', () => {
    expect(parseOptions([]).suites).toEqual(['unit', 'int', 'e2e']);
    expect(parseOptions(['--e2e', '--unit']).suites).toEqual(['unit', 'e2e']);
    expect(parseOptions(['--stage', 'int', '--stage=e2e']).suites).toEqual(['int', 'e2e']);
  });

  it('takes path filters', () => {
    expect(parseOptions(['--unit', 'libs/protocol'])).toEqual({
      suites: ['unit'],
      filters: ['libs/protocol'],
    });
  });

  it.each([['--coverage'], ['--stage=all'], ['--stage'], ['-u']])('refuses %s', (argument) => {
    expect(() => parseOptions([argument])).toThrow('unknown option');
  });
});
