import { describe, expect, it } from 'vitest';
import { grantTable } from './grant-table.js';
import { printGrants } from './print-grants.js';

const lines = printGrants('User:causeway_{service}');
const of = (service: string) => grantTable.find((grants) => grants.service === service);

describe('grant table', () => {
  it('lets a service write what it produces, read what it consumes, and nothing else', () => {
    expect(of('media')?.kafka).toEqual([
      { resource: 'topic', name: 'causeway.account.v1', operations: ['describe', 'read'] },
      { resource: 'topic', name: 'causeway.account.v1.dlq', operations: ['describe', 'write'] },
      { resource: 'group', name: 'media.causeway.account.v1', operations: ['read'] },
      { resource: 'cluster', name: 'kafka-cluster', operations: ['idempotent_write'] },
    ]);
    const reads = grantTable.flatMap(({ kafka }) =>
      kafka.filter(({ name, operations }) => name.endsWith('.dlq') && operations.includes('read')),
    );
    expect(reads).toEqual([]);
  });

  it('gives nobody the database of another, but what accounts shows of it', () => {
    for (const { service, database } of grantTable) {
      const foreign = database.filter(({ schema }) => schema !== service);
      for (const { schema, relation, rights } of foreign) {
        expect(`${schema}.${relation} ${rights.join()}`).toMatch(
          /^accounts\.(directory|revoked|live_sessions) select$/,
        );
      }
    }
  });
});

describe('printed grants', () => {
  it('are what the tools of each engine take', () => {
    expect(lines).toContain('GRANT select ON accounts.directory TO causeway_media;');
    expect(lines).toContain(
      "--allow-principal 'User:causeway_media' --operation Describe --operation Read --topic causeway.account.v1",
    );
    expect(lines).toContain(
      "--allow-principal 'User:causeway_webhooks' --operation IdempotentWrite --cluster",
    );
    expect(lines).toContain(
      'user causeway_keys reset on resetchannels #<sha256> ~causeway:rate:keys:* -@all +client|setinfo +client|setname +eval +evalsha +hmget +hset +info +pexpire +ping +select +time',
    );
  });
});
