-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "fanout";

-- CreateTable
CREATE TABLE "fanout"."mailbox" (
    "seq" BIGSERIAL NOT NULL,
    "session_key" TEXT NOT NULL,
    "dedupe_key" BYTEA NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "mailbox_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "fanout"."submissions" (
    "session_key" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "payload" BYTEA NOT NULL,
    "state" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "submissions_pkey" PRIMARY KEY ("session_key","message_id")
);

-- CreateTable
CREATE TABLE "fanout"."outbox" (
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
CREATE TABLE "fanout"."inbox" (
    "source" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("source","id")
);

-- CreateIndex
CREATE INDEX "mailbox_session_key_seq_idx" ON "fanout"."mailbox"("session_key", "seq");

-- CreateIndex
CREATE INDEX "mailbox_expires_at_idx" ON "fanout"."mailbox"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "mailbox_session_key_dedupe_key_key" ON "fanout"."mailbox"("session_key", "dedupe_key");

-- CreateIndex
CREATE INDEX "submissions_expires_at_idx" ON "fanout"."submissions"("expires_at");

-- CreateIndex
CREATE INDEX "outbox_seq_idx" ON "fanout"."outbox"("seq");

-- CreateIndex
CREATE INDEX "inbox_received_at_idx" ON "fanout"."inbox"("received_at");

-- What the schema language cannot say.
ALTER TABLE "fanout"."submissions" ADD CONSTRAINT "submissions_state_check" CHECK ("state" ~ '^[a-z_]{1,32}$');
