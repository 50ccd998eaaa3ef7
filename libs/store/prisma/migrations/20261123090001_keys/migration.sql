-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "keys";

-- CreateTable
CREATE TABLE "keys"."identities" (
    "device_id" UUID NOT NULL,
    "gatekeeper" TEXT NOT NULL,
    "registration_id" INTEGER NOT NULL,
    "identity_key" BYTEA NOT NULL,
    "signed_prekey_id" INTEGER NOT NULL,
    "signed_prekey" BYTEA NOT NULL,
    "signed_prekey_signature" BYTEA NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identities_pkey" PRIMARY KEY ("device_id","gatekeeper")
);

-- CreateTable
CREATE TABLE "keys"."prekeys" (
    "device_id" UUID NOT NULL,
    "pool" TEXT NOT NULL,
    "key_id" INTEGER NOT NULL,
    "public_key" BYTEA NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'available',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "prekeys_pkey" PRIMARY KEY ("device_id","pool","key_id")
);

-- CreateTable
CREATE TABLE "keys"."outbox" (
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
CREATE TABLE "keys"."inbox" (
    "source" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("source","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "prekeys_device_id_public_key_key" ON "keys"."prekeys"("device_id", "public_key");

-- CreateIndex
CREATE INDEX "outbox_seq_idx" ON "keys"."outbox"("seq");

-- CreateIndex
CREATE INDEX "inbox_received_at_idx" ON "keys"."inbox"("received_at");

-- What the schema language cannot say.
-- A take walks only what is available.
CREATE INDEX "prekeys_available_idx" ON "keys"."prekeys"("device_id", "pool", "key_id") WHERE "state" = 'available';

ALTER TABLE "keys"."prekeys" ADD CONSTRAINT "prekeys_state_check" CHECK ("state" IN ('available', 'uploading', 'uploaded'));
-- Key ids are 24-bit on the wire, and some libraries read 0 as "none".
ALTER TABLE "keys"."prekeys" ADD CONSTRAINT "prekeys_key_id_check" CHECK ("key_id" BETWEEN 1 AND 16777215);
ALTER TABLE "keys"."identities" ADD CONSTRAINT "identities_signed_prekey_id_check" CHECK ("signed_prekey_id" BETWEEN 0 AND 16777215);
