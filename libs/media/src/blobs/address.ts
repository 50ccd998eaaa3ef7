import { fileURLToPath } from 'node:url';

/** Where the blob store is. */
export type BlobsAddress =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly region: string;
      /** Absent for Amazon's own. */
      readonly endpoint: string | undefined;
      /** Bucket in the path instead of the host name. */
      readonly pathStyle: boolean;
      /** Absent where the machine itself is allowed in. */
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
    };

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const S3_PARAMETERS = new Set(['endpoint', 'region', 'pathStyle']);

/** Reads `file:///folder` or `s3://bucket?endpoint=…&region=…&pathStyle=true`; undefined when it is neither. */
export function parseBlobsUrl(text: string): BlobsAddress | undefined {
  const url = URL.parse(text);
  if (url?.protocol === 'file:') return folderAddress(url);
  return url?.protocol === 's3:' ? s3Address(url) : undefined;
}

function folderAddress(url: URL): BlobsAddress | undefined {
  if (url.host !== '' || url.pathname === '/' || url.search !== '') return undefined;
  try {
    return { kind: 'folder', path: fileURLToPath(url) };
  } catch {
    return undefined;
  }
}

function s3Address({ host, pathname, searchParams }: URL): BlobsAddress | undefined {
  const known = [...searchParams.keys()].every((name) => S3_PARAMETERS.has(name));
  if (!known || !BUCKET.test(host) || !['', '/'].includes(pathname)) return undefined;
  const endpoint = searchParams.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return undefined;
  const pathStyle = searchParams.get('pathStyle') ?? 'false';
  if (!['true', 'false'].includes(pathStyle)) return undefined;
  return {
    kind: 's3',
    bucket: host,
    region: searchParams.get('region') ?? 'us-east-1',
    endpoint,
    pathStyle: pathStyle === 'true',
    credentials: undefined,
  };
}
