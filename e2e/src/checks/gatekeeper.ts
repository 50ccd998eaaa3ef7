import { z } from 'zod';

const REQUEST_MS = 10_000;

const Accounts = z.object({
  accounts: z.array(
    z.object({
      jid: z.string(),
      identifier: z.string(),
      connected: z.boolean(),
      queued: z.int(),
      preKeys: z.int(),
      preKeysRepeated: z.int(),
      signedPreKeyId: z.int(),
    }),
  ),
});
/** A user of ours, as the gatekeeper sees her. `queued` counts stanzas that nobody has settled. */
export type GatekeeperAccount = z.infer<typeof Accounts>['accounts'][number];

/** @returns all users of ours that the simulated gatekeeper knows. */
export async function accountsOf(control: string): Promise<readonly GatekeeperAccount[]> {
  const response = await fetch(`${control}/accounts`, { signal: AbortSignal.timeout(REQUEST_MS) });
  return Accounts.parse(await response.json()).accounts;
}

/** @returns how often the simulated gatekeeper let somebody in. */
export async function loginsAt(control: string): Promise<number> {
  const response = await fetch(`${control}/records`, { signal: AbortSignal.timeout(REQUEST_MS) });
  const { counters } = z.object({ counters: z.record(z.string(), z.int()) }).parse(await response.json());
  return counters['logins'] ?? 0;
}

/** @returns what the simulated gatekeeper knows of a user of ours. @throws {Error} when it does not know her */
export async function accountOf(control: string, identifier: string): Promise<GatekeeperAccount> {
  const account = (await accountsOf(control)).find((one) => one.identifier === identifier);
  if (account === undefined) throw new Error('the gatekeeper does not know the user');
  return account;
}

/** Makes the simulated gatekeeper call about a user of ours. @returns the HTTP status that it was answered */
export async function pushTo(control: string, identifier: string): Promise<unknown> {
  const response = await fetch(`${control}/accounts/${encodeURIComponent(identifier)}/push`, {
    method: 'POST',
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  return z.object({ outcome: z.unknown() }).parse(await response.json()).outcome;
}

/** Has the simulated gatekeeper end a user's connection. */
export async function disconnect(
  control: string,
  identifier: string,
  how: 'replaced' | 'clean' | 'abrupt',
): Promise<void> {
  await order(control, identifier, 'disconnect', { how });
}

/** Has the simulated gatekeeper send the next deliveries to a user twice, or the next pairs in the wrong order. */
export async function disorder(
  control: string,
  identifier: string,
  faults: { readonly duplicateNext?: number; readonly reorderNext?: number },
): Promise<void> {
  await order(control, identifier, 'faults', faults);
}

/** Has the simulated gatekeeper show a chain of certificates that is none, or the right one again. */
export async function showCertificate(
  control: string,
  kind: 'valid' | 'expired' | 'foreign-root' | 'other-key',
): Promise<void> {
  await tell(`${control}/certificate`, { kind });
}

async function order(control: string, identifier: string, what: string, body: object): Promise<void> {
  await tell(`${control}/accounts/${encodeURIComponent(identifier)}/${what}`, body);
}

async function tell(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  if (!response.ok) throw new Error(`the simulator answered ${response.status}`);
}
