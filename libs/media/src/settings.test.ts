import { readConfig } from '@causeway/config';
import { describe, expect, it } from 'vitest';
import { mediaSection } from './settings.js';

const read = (env: Record<string, string>) => readConfig([mediaSection], env);

describe('the settings of media', () => {
  it('name a folder, or a bucket with or without keys', () => {
    expect(read({ CAUSEWAY_BLOBS_URL: 'file:///blobs' }).BLOBS_URL).toEqual({
      kind: 'folder',
      path: '/blobs',
    });
    const bucket = {
      CAUSEWAY_BLOBS_URL: 's3://blobs',
      CAUSEWAY_S3_ACCESS_KEY: 'a',
      CAUSEWAY_S3_SECRET_KEY: 'b',
    };
    expect(read(bucket)).toMatchObject({ S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' });
    expect(read({ CAUSEWAY_BLOBS_URL: 's3://blobs' }).S3_ACCESS_KEY).toBeUndefined();
  });

  it('are refused with a line that says what is wrong', () => {
    expect(() => read({})).toThrow(/CAUSEWAY_BLOBS_URL/);
    expect(() => read({ CAUSEWAY_BLOBS_URL: 'ftp://x' })).toThrow(/s3:\/\/bucket/);
    expect(() => read({ CAUSEWAY_BLOBS_URL: 's3://blobs', CAUSEWAY_S3_ACCESS_KEY: 'a' })).toThrow(
      /belong together/,
    );
  });
});
