import { z } from 'zod';

const text = (max: number) => z.string().min(1).max(max).optional().catch(undefined);
const truth = z.boolean().optional().catch(undefined);

/** What we read of an access token's claims; what is malformed counts as absent. */
export const callerClaims = z.object({
  email: text(320),
  email_verified: truth,
  phone_number: text(32),
  phone_number_verified: truth,
  preferred_username: text(128),
  /** Seconds since 1970: when the user last proved who she is. */
  auth_time: z.number().int().nonnegative().optional().catch(undefined),
});

export type CallerClaims = z.output<typeof callerClaims>;

/** A user of the provider, as her access token shows her. */
export interface Caller {
  /** SHA-256 over issuer, a line feed and subject: what we know users by, without holding the provider's ids. */
  readonly subjectHash: Buffer;
  readonly claims: CallerClaims;
  /** When the token was signed, milliseconds since 1970; 0 when it does not say. */
  readonly issuedAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}
