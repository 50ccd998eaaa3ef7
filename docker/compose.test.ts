import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { accountsService } from '@causeway/accounts';
import { readConfig } from '@causeway/config';
import { fanoutService } from '@causeway/fanout';
import { keysService } from '@causeway/keys';
import { mediaService } from '@causeway/media';
import { sharedSections } from '@causeway/runtime';
import { sessionService } from '@causeway/session';
import { webhooksService } from '@causeway/webhooks';
import { migrationSections } from 'causeway/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeDevelopmentKeys } from './development-keys.js';

const services = [accountsService, keysService, sessionService, fanoutService, mediaService, webhooksService];
const names = services.map(({ name }) => name);

interface ComposeService {
  readonly build?: { readonly args: { readonly APP: string } };
  readonly env_file?: string;
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, unknown>;
}
const here = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
const compose = parse(here('compose.yaml'), { merge: true }) as { services: Record<string, ComposeService> };

/** What whoever starts the compose file must set. */
const outside: Record<string, string> = {
  PROFILES: 'whatsapp',
  OIDC_ISSUER: 'https://id.example.org',
  OIDC_JWKS_URL: 'https://id.example.org/jwks',
  PUBLIC_URL: 'https://causeway.example.org',
};

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-compose-'));
  await writeDevelopmentKeys(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The environment of a container: its file of secrets, then what the compose file says. */
function environmentOf(name: string): Record<string, string> {
  const { env_file: file = '', environment = {} } = compose.services[name] ?? {};
  expect(file).toMatch(/^\.\.\/\.causeway\/docker\//);
  const secrets = readFileSync(join(folder, basename(file)), 'utf8').matchAll(/^(\w+)='(.*)'$/gm);
  const plain = Object.entries(environment).map(([variable, value]) => [variable, interpolate(value)]);
  return {
    ...Object.fromEntries([...secrets].map(([, variable = '', value = '']) => [variable, value])),
    ...Object.fromEntries(plain),
  };
}

/** `${NAME:-default}` and `${NAME:?message}`, as compose replaces them. */
function interpolate(value: string): string {
  return value.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    if (outside[name] === undefined && kind === '?') throw new Error(`${name} is not set: ${rest}`);
    return outside[name] ?? rest;
  });
}

describe('compose file', () => {
  it.each(services)('gives $name every setting that it requires, and none that is unknown', (service) => {
    const unknown: string[] = [];
    const sections = [...sharedSections, ...service.sections];
    readConfig(sections, environmentOf(service.name), { onUnknown: (variable) => unknown.push(variable) });
    expect(unknown).toEqual([]);
  });

  it('gives the migration what it requires, with the partitions of the services', () => {
    const settings = readConfig(migrationSections, environmentOf('migrate'));
    const { CAUSEWAY_EVENTS_PARTITIONS: partitions } = environmentOf('session');
    expect(String(settings.EVENTS_PARTITIONS)).toBe(partitions);
    expect(settings.EVENTS_URL).toBe(environmentOf('session')['CAUSEWAY_EVENTS_URL']);
  });

  it('runs every service after the migration, from its own image', () => {
    const built = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);
    expect(built.map(([name]) => name).sort()).toEqual([...names, 'migrate'].sort());
    for (const name of names) {
      expect(compose.services[name]?.build?.args.APP).toBe(name);
      expect(compose.services[name]?.depends_on).toHaveProperty('migrate');
    }
  });
});

it('gives each service the Redis user that the ACL file has', () => {
  const users = readFileSync(join(folder, 'redis-users.acl'), 'utf8').matchAll(/^user (\S+) /gm);
  const named = services.map(
    ({ name }) => new URL(environmentOf(name)['CAUSEWAY_COORDINATION_URL'] ?? '').username,
  );
  expect([...users].map(([, user]) => user)).toEqual(['default', ...named]);
});

describe('Kafka in the compose file', () => {
  const users = () =>
    readFileSync(join(folder, 'kafka-users'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
  const userOf = (name: string) => [
    environmentOf(name)['CAUSEWAY_EVENTS_USERNAME'],
    environmentOf(name)['CAUSEWAY_EVENTS_PASSWORD'],
  ];
  const { environment = {} } = compose.services['kafka'] ?? {};

  it('makes the user of each service, and the one with which the migration gives them their rights', () => {
    expect(users()).toEqual(['migrate', ...names].map(userOf));
    expect(new Set(users().map(([, password]) => password)).size).toBe(names.length + 1);
    const pattern = environmentOf('migrate')['CAUSEWAY_EVENTS_ACL_PRINCIPAL'] ?? '';
    for (const name of names) expect(pattern.replace('{service}', name)).toBe(`User:${userOf(name)[0]}`);
    expect(compose.services['migrate']?.depends_on).toHaveProperty('kafka-users');
  });

  it('lets nobody in from outside without a user', () => {
    expect(environment['KAFKA_AUTHORIZER_CLASS_NAME']).toMatch(/StandardAuthorizer$/);
    expect(environment['KAFKA_SUPER_USERS']).toBe('User:causeway;User:ANONYMOUS');
    const protocols = environment['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP']?.split(',') ?? [];
    for (const listener of environment['KAFKA_LISTENERS']?.split(',') ?? []) {
      const [name = '', address] = listener.split('://');
      const isOpen = protocols.includes(`${name}:PLAINTEXT`);
      if (isOpen) expect(address).toMatch(/^127\.0\.0\.1:/);
    }
  });
});

it('builds the image of each service and of the command, and of nothing else', () => {
  const apps = /^\s+([\w|]+)\) ;; \\$/m.exec(here('Dockerfile'))?.[1]?.split('|') ?? [];
  expect(apps.sort()).toEqual([...names, 'cli'].sort());
});
