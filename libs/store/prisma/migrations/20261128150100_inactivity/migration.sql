-- The gatekeeper removes whoever does not connect for some weeks: when a user last connected, in days, which reminders
-- she was given since, and on which day the clock looks at her again.
ALTER TABLE "accounts"."enlistments" ADD COLUMN "last_connected_on" DATE;
ALTER TABLE "accounts"."enlistments" ADD COLUMN "reminders" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "accounts"."enlistments" ADD COLUMN "clock_due_on" DATE;

UPDATE "accounts"."enlistments" SET
    "last_connected_on" = (now() AT TIME ZONE 'UTC')::date,
    "clock_due_on" = (now() AT TIME ZONE 'UTC')::date
WHERE "enlisted_at" IS NOT NULL OR "deletion_requested_at" IS NOT NULL;

CREATE INDEX "enlistments_clock_due_on_idx" ON "accounts"."enlistments"("clock_due_on");
-- Few at a time: what still waits for the gatekeeper to delete it.
CREATE INDEX "opt_ins_deleting_idx" ON "accounts"."opt_ins"("gatekeeper") WHERE "state" = 'deleting';
