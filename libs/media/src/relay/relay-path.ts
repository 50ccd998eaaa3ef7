import { mediaError } from '../media.errors.js';

const SEGMENT = /^[\w~+=,;:$!*'().-]+$/;
const QUERY = /^(?:[\w~+=,;:$!*'()./?&-]|%[0-9A-Fa-f]{2})*$/;

/**
 * The address of a file on the gatekeeper's media host. The path must be plain: whatever a parser, here or there, could
 * read as another host, folder or part of an address is refused.
 * @throws {AppError} `relay_path_refused`
 */
export function relayUrl(base: string, path: string): URL {
  const mark = path.indexOf('?');
  const pathname = mark < 0 ? path : path.slice(0, mark);
  const query = mark < 0 ? '' : path.slice(mark + 1);
  const [root, ...segments] = pathname.split('/');
  const plain =
    root === '' &&
    segments.every((segment, index) => isPlain(segment) || (segment === '' && index === segments.length - 1));
  if (!plain || segments[0] === '' || !QUERY.test(query)) throw mediaError('relay_path_refused');
  const url = URL.parse(path, base);
  // A parser that changed anything has read something into the path.
  const unchanged = url !== null && url.origin === new URL(base).origin && url.pathname + url.search === path;
  if (!unchanged) throw mediaError('relay_path_refused');
  return url;
}

function isPlain(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== '.' && segment !== '..';
}
