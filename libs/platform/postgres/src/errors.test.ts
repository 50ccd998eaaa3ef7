import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PostgresError, toPostgresError } from './errors.js';

const fromServer = (code: string, message: string): object =>
  Object.assign(new Error(message), {
    code,
    severity: 'ERROR',
    detail: 'Key (mail)=(a@b) exists',
    table: 't',
  });

describe('toPostgresError', () => {
  it('maps states of the server and failures of the connection', () => {
    const code = (error: unknown): string => toPostgresError(error).code;
    expect(code(fromServer('40P01', 'deadlock'))).toBe('deadlock_detected');
    expect(code(fromServer('57P01', 'terminating'))).toBe('database_unavailable');
    expect(code(fromServer('08006', 'x'))).toBe('database_unavailable');
    expect(code(fromServer('22012', 'division by zero'))).toBe('query_failed');
    expect(code(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe('database_unavailable');
    expect(code(new Error('Connection terminated unexpectedly'))).toBe('database_unavailable');
    expect(code(new Error('timeout exceeded when trying to connect'))).toBe('pool_exhausted');
  });

  it('keeps the message of statements and drops the message that quotes data', () => {
    expect(toPostgresError(fromServer('42P01', 'relation "x" does not exist')).message).toContain(
      'relation "x"',
    );
    expect(toPostgresError(fromServer('22P02', 'invalid input: "a@b"')).message).not.toContain('a@b');
  });

  it('turns anything into a PostgresError', () => {
    fc.assert(fc.property(fc.anything(), (thrown) => toPostgresError(thrown) instanceof PostgresError));
  });
});
