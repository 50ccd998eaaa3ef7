import { describe, expect, it } from 'vitest';
import { parseBlobsUrl } from './address.js';

describe('the address of the blob store', () => {
  it('is a folder or a bucket', () => {
    expect(parseBlobsUrl('file:///var/lib/blobs')).toEqual({ kind: 'folder', path: '/var/lib/blobs' });
    expect(parseBlobsUrl('s3://blobs?endpoint=http://s3:7070&region=eu-west-1&pathStyle=true')).toEqual({
      kind: 's3',
      bucket: 'blobs',
      region: 'eu-west-1',
      endpoint: 'http://s3:7070',
      pathStyle: true,
      credentials: undefined,
    });
    expect(parseBlobsUrl('s3://blobs')).toMatchObject({ region: 'us-east-1', pathStyle: false });
  });

  it.each([
    'blobs',
    'http://blobs',
    'file://host/folder',
    'file:///',
    'file:///a%2Fb',
    's3://',
    's3://b',
    's3://blobs/prefix',
    's3://blobs?endpoint=ftp://s3',
    's3://blobs?pathStyle=yes',
    's3://blobs?secret=1',
  ])('is nothing else: %s', (text) => {
    expect(parseBlobsUrl(text)).toBeUndefined();
  });
});
