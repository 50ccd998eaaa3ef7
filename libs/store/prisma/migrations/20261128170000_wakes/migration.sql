-- The last wake of each device, and where devices are woken by Web Push.
CREATE TABLE "fanout"."wakes" (
    "device_id" UUID NOT NULL,
    "gatekeeper" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "urgent" BOOLEAN NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "wakes_pkey" PRIMARY KEY ("device_id","gatekeeper")
);
ALTER TABLE "fanout"."wakes" ADD CONSTRAINT "wakes_state_check" CHECK ("state" IN ('waiting', 'sent', 'connected', 'dead'));
CREATE INDEX "wakes_user_id_idx" ON "fanout"."wakes"("user_id");
CREATE INDEX "wakes_requested_at_idx" ON "fanout"."wakes"("requested_at");
-- Dispatching looks at the few wakes that wait.
CREATE INDEX "wakes_waiting_idx" ON "fanout"."wakes"("due_at") WHERE "state" = 'waiting';

CREATE TABLE "fanout"."web_push_registrations" (
    "device_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "endpoint" TEXT NOT NULL,
    "p256dh" BYTEA NOT NULL,
    "auth" BYTEA NOT NULL,
    "version" UUID NOT NULL DEFAULT gen_random_uuid(),

    CONSTRAINT "web_push_registrations_pkey" PRIMARY KEY ("device_id")
);
CREATE INDEX "web_push_registrations_user_id_idx" ON "fanout"."web_push_registrations"("user_id");
