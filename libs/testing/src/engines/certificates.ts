import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its private key (PKCS#8), PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of a test's own. */
export interface TestAuthority {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** A certificate for a name; it also holds for 127.0.0.1, as server and as client. Valid for a day. */
  issue(commonName: string): IssuedCertificate;
}

/** Makes an authority with the `openssl` of the machine; its key lives in memory and, while it issues, in a folder. */
export function createTestAuthority(): TestAuthority {
  const root = inFolder((folder) => {
    const made = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Causeway test authority'];
    openssl(folder, ['req', '-x509', ...newKey, ...made, '-days', '1']);
    return { ca: read(folder, 'ca.pem'), key: read(folder, 'ca.key') };
  });
  return {
    ca: root.ca,
    issue: (commonName) =>
      inFolder((folder) => {
        writeFileSync(join(folder, 'ca.pem'), root.ca);
        writeFileSync(join(folder, 'ca.key'), root.key, { mode: 0o600 });
        writeFileSync(join(folder, 'ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
        openssl(folder, [
          'req',
          ...newKey,
          '-keyout',
          'key',
          '-out',
          'request',
          '-subj',
          `/CN=${commonName}`,
        ]);
        const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext', '-days', '1'];
        openssl(folder, ['x509', '-req', '-in', 'request', '-out', 'certificate', ...by]);
        return { certificate: read(folder, 'certificate'), key: read(folder, 'key') };
      }),
  };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-ca-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
