-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "webhooks";

-- CreateTable
CREATE TABLE "webhooks"."push_deliveries" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "gatekeeper" TEXT NOT NULL,
    "identifier_hmac" BYTEA NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'received',
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(6),

    CONSTRAINT "push_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhooks"."outbox" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "seq" BIGSERIAL NOT NULL,
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "event" JSONB NOT NULL,
    "traceparent" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhooks"."inbox" (
    "source" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("source","id")
);

-- CreateIndex
CREATE INDEX "push_deliveries_gatekeeper_identifier_hmac_received_at_idx" ON "webhooks"."push_deliveries"("gatekeeper", "identifier_hmac", "received_at");

-- CreateIndex
CREATE INDEX "push_deliveries_received_at_idx" ON "webhooks"."push_deliveries"("received_at");

-- CreateIndex
CREATE INDEX "outbox_seq_idx" ON "webhooks"."outbox"("seq");

-- CreateIndex
CREATE INDEX "inbox_received_at_idx" ON "webhooks"."inbox"("received_at");

-- What the schema language cannot say.
ALTER TABLE "webhooks"."push_deliveries" ADD CONSTRAINT "push_deliveries_state_check" CHECK ("state" IN ('received', 'resolved', 'unknown'));
