-- contract: programs of before record calls as ever, by gatekeeper and hash; what they cannot resolve any more is
-- resolved by the first program of now.
-- A call waits in the table and leaves it when it is resolved: no row is written twice, and one index is kept where there
-- were four. What is remembered is when an identifier was called about last, for the seconds in which it matters.
DELETE FROM "webhooks"."push_deliveries" WHERE "state" <> 'received';
DROP INDEX "webhooks"."push_deliveries_waiting_idx";
DROP INDEX "webhooks"."push_deliveries_gatekeeper_identifier_hmac_received_at_idx";
DROP INDEX "webhooks"."push_deliveries_received_at_idx";
ALTER TABLE "webhooks"."push_deliveries" DROP CONSTRAINT "push_deliveries_state_check";
ALTER TABLE "webhooks"."push_deliveries" DROP CONSTRAINT "push_deliveries_pkey";
ALTER TABLE "webhooks"."push_deliveries" DROP COLUMN "id", DROP COLUMN "state", DROP COLUMN "resolved_at";
ALTER TABLE "webhooks"."push_deliveries" ADD COLUMN "id" BIGSERIAL NOT NULL;
ALTER TABLE "webhooks"."push_deliveries" ADD CONSTRAINT "push_deliveries_pkey" PRIMARY KEY ("id");

CREATE TABLE "webhooks"."push_resolutions" (
    "gatekeeper" TEXT NOT NULL,
    "identifier_hmac" BYTEA NOT NULL,
    "resolved_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "push_resolutions_pkey" PRIMARY KEY ("gatekeeper","identifier_hmac")
);
CREATE INDEX "push_resolutions_resolved_at_idx" ON "webhooks"."push_resolutions"("resolved_at");

-- As the outboxes: every row that passes through dies.
ALTER TABLE "webhooks"."push_deliveries" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "webhooks"."push_resolutions" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
