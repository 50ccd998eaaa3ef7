import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SteppedClock } from '../testing/stepped-clock.js';
import { ApiError } from './errors.js';
import { HttpClient } from './http-client.js';

type Answer = [status: number, body: string, headers?: Record<string, string>];

let answers: Answer[];
let requests: string[];
let url: string;
const clock = new SteppedClock();
const client = new HttpClient(
  () => 'secret',
  clock,
  () => 1,
);
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.headers.authorization}`);
  const [status, body, headers = {}] = answers.shift() ?? [200, '{"ok":true}'];
  if (status === 0) return void request.socket.destroy();
  response.writeHead(status, headers).end(body);
});
const answer = z.object({ ok: z.boolean() });
const call = (method: 'GET' | 'POST') => {
  const result = client.call({ method, url, answer }).catch((error: unknown) => error);
  const step = setInterval(() => clock.advance(100), 1);
  return result.finally(() => clearInterval(step));
};

beforeEach(async () => {
  [answers, requests] = [[], []];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('calls to the provider', () => {
  it('repeat what is harmless a few times, with a fresh token each time', async () => {
    answers = [
      [503, '{"code":"busy"}'],
      [0, ''],
      [429, '{"code":"slow"}', { 'retry-after': '1' }],
    ];
    expect(await call('GET')).toEqual({ ok: true });
    expect(requests).toEqual(new Array(4).fill('GET Bearer secret'));
  });

  it('give up after four attempts with the last code', async () => {
    answers = new Array<Answer>(9).fill([503, '{"code":"busy"}']);
    expect(await call('GET')).toMatchObject({ code: 'busy', status: 503 });
    expect(requests).toHaveLength(4);
  });

  it('do not repeat a registration, nor what was refused', async () => {
    answers = [[503, '{"code":"busy"}']];
    expect(await call('POST')).toMatchObject({ code: 'busy' });
    answers = [[422, '{"code":"signature_invalid"}']];
    expect(await call('GET')).toMatchObject({ code: 'signature_invalid', status: 422 });
    answers = [[502, '{"code":"enlistment_refused"}']];
    expect(await call('GET')).toMatchObject({ code: 'enlistment_refused', status: 502 });
    expect(requests).toHaveLength(3);
  });

  it('refuse answers that are not of the contract or too large', async () => {
    const junk: Answer[] = [
      [200, '{"ok":1}'],
      [200, 'no json'],
      [200, `"${'x'.repeat(300_000)}"`],
      [302, '', { location: 'http://127.0.0.1:1/' }],
    ];
    for (const one of junk) {
      answers = [one];
      const error = await call('POST');
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ code: 'api_response_invalid' });
    }
  });
});
