import { describe, expect, it } from 'vitest';
import { AllowedHosts } from './allowed-hosts.js';

describe('AllowedHosts', () => {
  const hosts = new AllowedHosts(['id.example.org', 'Media.Example.org:8443', '*.cdn.example', '[::1]:8080']);

  it.each([
    ['https://id.example.org/x', true],
    ['https://ID.example.ORG./x', true],
    ['http://id.example.org/x', true],
    ['https://id.example.org:8443/x', false],
    ['https://media.example.org:8443/x', true],
    ['https://media.example.org/x', false],
    ['https://a.b.cdn.example/x', true],
    ['https://cdn.example/x', false],
    ['https://evilcdn.example/x', false],
    ['https://a.cdn.example:444/x', false],
    ['https://id.example.org.evil.example/x', false],
    ['http://[::1]:8080/x', true],
    ['https://example.org/x', false],
  ])('%s: %s', (url, allowed) => expect(hosts.has(new URL(url))).toBe(allowed));
});
