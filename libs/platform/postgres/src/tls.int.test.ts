import { createTestAuthority, describeWithEngine } from '@causeway/testing';
import { startTlsPostgres } from '@causeway/testing/engines';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Postgres, sql } from './index.js';

// A server with certificates of its own needs a container, as Redis does.
describeWithEngine('redis', 'TLS to the database, on Postgres in a container as Redis', () => {
  const authority = createTestAuthority('Ours');
  const foreign = createTestAuthority('Foreign');
  let server: Awaited<ReturnType<typeof startTlsPostgres>> | undefined;

  beforeAll(async () => {
    const certificate = authority.issue('db', { hosts: ['127.0.0.1'] });
    server = await startTlsPostgres(certificate);
  }, 120_000);
  afterAll(() => server?.stop());

  /** Whether the server saw TLS. */
  async function encrypted(mode: string, ca?: string, host = '127.0.0.1'): Promise<boolean> {
    const url = new URL(server?.address ?? '');
    url.hostname = host;
    if (mode !== '') url.searchParams.set('sslmode', mode);
    const options = { poolSize: 2, applicationName: 'tls', statementTimeoutMs: 5_000 };
    const postgres = Postgres.connect(url.href, { ...options, tls: { ca } });
    try {
      // The session connection has options of its own.
      await (await postgres.listen('x', () => undefined)).close();
      const [row] = await postgres.query<{ ssl: boolean }>(
        sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`,
      );
      return row?.ssl ?? false;
    } finally {
      await postgres.close();
    }
  }

  it.each([
    ['', undefined, false],
    ['disable', authority.ca, false],
    ['require', undefined, true],
    ['require', authority.ca, true],
    ['verify-ca', authority.ca, true],
    ['verify-full', authority.ca, true],
  ])('sslmode=%s', async (mode, ca, expected) => {
    expect(await encrypted(mode, ca)).toBe(expected);
  });

  it.each([
    ['verify-full', foreign.ca],
    ['verify-full', undefined],
    ['verify-ca', foreign.ca],
    ['require', foreign.ca],
  ])('sslmode=%s refuses a server of an authority that is not given', async (mode, ca) => {
    await expect(encrypted(mode, ca)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/),
    });
  });

  it('looks at the name with verify-full alone', async () => {
    expect(await encrypted('verify-ca', authority.ca, 'localhost')).toBe(true);
    await expect(encrypted('verify-full', authority.ca, 'localhost')).rejects.toMatchObject({
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  it('believes in new connections what is believed then', async () => {
    const tls = { ca: authority.ca };
    const url = new URL(server?.address ?? '');
    url.searchParams.set('sslmode', 'verify-full');
    const options = { poolSize: 1, applicationName: 'tls', statementTimeoutMs: 5_000, tls };
    const postgres = Postgres.connect(url.href, options);
    const leave = () => postgres.query(sql`select pg_terminate_backend(pg_backend_pid())`);
    expect(await postgres.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    tls.ca = foreign.ca;
    expect(await postgres.query(sql`select 2 as two`)).toEqual([{ two: 2 }]);
    await leave().catch(() => undefined);
    await expect(postgres.query(sql`select 3`)).rejects.toMatchObject({ code: 'database_unavailable' });
    tls.ca = authority.ca;
    expect(await postgres.query(sql`select 4 as four`)).toEqual([{ four: 4 }]);
    await postgres.close();
  });

  it.each(['ssl=no-verify', 'sslrootcert=/etc/passwd'])('refuses %s, which would win', (parameter) => {
    const options = { poolSize: 1, applicationName: 'tls', statementTimeoutMs: 5_000 };
    const open = () => Postgres.connect(`postgres://localhost/x?sslmode=verify-full&${parameter}`, options);
    expect(open).toThrow(/must not have the parameter ssl/);
  });

  it('refuses a mode that may fall back to clear text', async () => {
    await expect(encrypted('prefer')).rejects.toThrow('sslmode of the database must be');
  });
});
