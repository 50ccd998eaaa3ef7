-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "session";

-- CreateTable
CREATE TABLE "session"."noise_keys" (
    "session_key" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "sealed_private" BYTEA NOT NULL,
    "wrapped_data_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "noise_keys_pkey" PRIMARY KEY ("session_key")
);

-- CreateTable
CREATE TABLE "session"."sessions" (
    "session_key" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "generation" BIGINT NOT NULL,
    "last_opened_at" TIMESTAMPTZ(6),
    "last_closed_at" TIMESTAMPTZ(6),
    "last_error_code" TEXT,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("session_key")
);

-- CreateTable
CREATE TABLE "session"."outbox" (
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
CREATE TABLE "session"."inbox" (
    "source" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("source","id")
);

-- CreateIndex
CREATE INDEX "sessions_partition_idx" ON "session"."sessions"("partition");

-- CreateIndex
CREATE INDEX "sessions_last_opened_at_idx" ON "session"."sessions"("last_opened_at");

-- CreateIndex
CREATE INDEX "outbox_seq_idx" ON "session"."outbox"("seq");

-- CreateIndex
CREATE INDEX "inbox_received_at_idx" ON "session"."inbox"("received_at");

-- What the schema language cannot say.
ALTER TABLE "session"."sessions" ADD CONSTRAINT "sessions_state_check" CHECK ("state" ~ '^[a-z_]{1,32}$');
ALTER TABLE "session"."sessions" ADD CONSTRAINT "sessions_partition_check" CHECK ("partition" >= 0);
