-- When a key was last asked for, to enlist with it: one that is asked for again must outlive the end of the account
-- before.
ALTER TABLE "session"."noise_keys" ADD COLUMN "requested_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP;
