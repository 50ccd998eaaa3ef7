/** Knows which methods an address has, to tell an unknown address from a wrong method. */
export class AllowedMethods {
  private readonly routes: { readonly method: string; readonly segments: readonly string[] }[] = [];

  /** @param pattern a route's template, such as `/v1/devices/:id` */
  add(method: string | readonly string[], pattern: string): void {
    const segments = pattern.split('/');
    for (const each of typeof method === 'string' ? [method] : method)
      this.routes.push({ method: each, segments });
  }

  /** The methods of all routes whose template fits the request's address. */
  of(url: string): readonly string[] {
    const segments = (url.split('?', 1)[0] ?? '').split('/');
    const fitting = this.routes.filter((route) => fits(route.segments, segments));
    return [...new Set(fitting.map(({ method }) => method))].sort();
  }
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const wildcard = pattern.indexOf('*');
  if (wildcard < 0 && pattern.length !== segments.length) return false;
  const compared = wildcard < 0 ? pattern : pattern.slice(0, wildcard);
  return compared.every((part, index) => {
    const segment = segments[index];
    return part.startsWith(':') ? segment !== undefined && segment !== '' : part === segment;
  });
}
