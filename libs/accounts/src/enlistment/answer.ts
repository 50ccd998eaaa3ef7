import { z } from 'zod';

/** What became of one attempt. */
export type EnlistmentOutcome =
  /** The gatekeeper has taken the user in, under its number for her. */
  | { readonly kind: 'accepted'; readonly accountNumber: bigint }
  /** It does not take her in, and will not by being asked again. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Nobody knows: it is to be asked again. */
  | { readonly kind: 'unanswered'; readonly code: string };

const REASON = /^[a-z][a-z0-9_]{0,63}$/;
const LOGIN = /^([1-9][0-9]{0,2})-([1-9][0-9]{0,18})@interop$/;
/** The largest number that the column holds. */
const MAX_ACCOUNT_NUMBER = 2n ** 63n - 1n;

const Answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ok'), login: z.string().max(64) }),
  z.object({ status: z.literal('fail'), reason: z.string().max(256) }),
]);

/**
 * Reads the gatekeeper's answer (technical annex, "Enlistment": always HTTP 200; `login` is `<integrator>-<number>@interop`).
 * @param integrator our own number at the gatekeeper
 */
export function readAnswer(status: number, body: string, integrator: number): EnlistmentOutcome {
  const answer = status === 200 ? Answer.safeParse(parseJson(body)) : undefined;
  if (answer?.success !== true) return { kind: 'unanswered', code: 'answer_invalid' };
  return interpret(answer.data, integrator);
}

/** @returns what an answer of the right form means. @param integrator our own number at the gatekeeper */
export function interpret(answer: z.infer<typeof Answer>, integrator: number): EnlistmentOutcome {
  if (answer.status === 'fail') return { kind: 'refused', code: codeOf(answer.reason) };
  const [, ours, number] = LOGIN.exec(answer.login) ?? [];
  if (ours === undefined || number === undefined) return { kind: 'unanswered', code: 'answer_invalid' };
  if (Number(ours) !== integrator) return { kind: 'refused', code: 'integrator_mismatch' };
  const accountNumber = BigInt(number);
  if (accountNumber > MAX_ACCOUNT_NUMBER) return { kind: 'refused', code: 'account_number_invalid' };
  return { kind: 'accepted', accountNumber };
}

/** The gatekeeper's reason where it looks like a code; anything else might quote the user. */
function codeOf(reason: string): string {
  return REASON.test(reason) ? reason : 'reason_unreadable';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
