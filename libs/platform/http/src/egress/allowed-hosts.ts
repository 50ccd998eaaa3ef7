/** The hosts that may be called: `host`, `host:port` or `*.domain`, which stands for every name below the domain. */
export class AllowedHosts {
  private readonly exact = new Set<string>();
  private readonly suffixes: string[] = [];

  constructor(hosts: readonly string[]) {
    for (const host of hosts) {
      if (host.startsWith('*.')) this.suffixes.push(normalize(host.slice(1)));
      else this.exact.add(normalize(host));
    }
  }

  /** Without a port in the list only the scheme's own port is allowed. */
  has(url: URL): boolean {
    const name = normalize(url.hostname);
    if (url.port !== '') return this.exact.has(`${name}:${url.port}`);
    const defaultPort = url.protocol === 'https:' ? '443' : '80';
    if (this.exact.has(name) || this.exact.has(`${name}:${defaultPort}`)) return true;
    return this.suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length);
  }
}

function normalize(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
