-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "media";

-- CreateTable
CREATE TABLE "media"."objects" (
    "reference" TEXT NOT NULL,
    "device_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "gatekeeper" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "sha256" BYTEA NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'uploading',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "objects_pkey" PRIMARY KEY ("reference")
);

-- CreateTable
CREATE TABLE "media"."outbox" (
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
CREATE TABLE "media"."inbox" (
    "source" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("source","id")
);

-- CreateIndex
CREATE INDEX "objects_user_id_idx" ON "media"."objects"("user_id");

-- CreateIndex
CREATE INDEX "objects_device_id_idx" ON "media"."objects"("device_id");

-- CreateIndex
CREATE INDEX "objects_expires_at_idx" ON "media"."objects"("expires_at");

-- CreateIndex
CREATE INDEX "outbox_seq_idx" ON "media"."outbox"("seq");

-- CreateIndex
CREATE INDEX "inbox_received_at_idx" ON "media"."inbox"("received_at");

-- What the schema language cannot say.
ALTER TABLE "media"."objects" ADD CONSTRAINT "objects_state_check" CHECK ("state" IN ('uploading', 'ready', 'deleted'));
ALTER TABLE "media"."objects" ADD CONSTRAINT "objects_size_check" CHECK ("size" >= 0);
