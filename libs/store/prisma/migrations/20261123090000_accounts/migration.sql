-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "accounts";

-- CreateTable
CREATE TABLE "accounts"."users" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "subject_hash" BYTEA NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "data_key_sealed" BYTEA,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts"."devices" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "name" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(6),

    CONSTRAINT "devices_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts"."identifiers" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "value_sealed" BYTEA NOT NULL,
    "value_hmac" BYTEA NOT NULL,
    "proven_at" TIMESTAMPTZ(6) NOT NULL,
    "method" TEXT NOT NULL,
    "removed_at" TIMESTAMPTZ(6),

    CONSTRAINT "identifiers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts"."opt_ins" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "gatekeeper" TEXT NOT NULL,
    "device_id" UUID NOT NULL,
    "identifier_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'consented',
    "read_receipts" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "opt_ins_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts"."consent_log" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "opt_in_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "action" TEXT NOT NULL,
    "text_version" TEXT NOT NULL,
    "locale" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "evidence_sealed" BYTEA,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "consent_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accounts"."enlistments" (
    "opt_in_id" UUID NOT NULL,
    "account_number" BIGINT,
    "integrator" INTEGER NOT NULL,
    "noise_public_key" BYTEA NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_error_code" TEXT,
    "enlisted_at" TIMESTAMPTZ(6),
    "deletion_requested_at" TIMESTAMPTZ(6),
    "deletion_confirmed_at" TIMESTAMPTZ(6),

    CONSTRAINT "enlistments_pkey" PRIMARY KEY ("opt_in_id")
);

-- CreateTable
CREATE TABLE "accounts"."outbox" (
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
CREATE TABLE "accounts"."inbox" (
    "source" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("source","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_subject_hash_key" ON "accounts"."users"("subject_hash");

-- CreateIndex
CREATE INDEX "devices_user_id_idx" ON "accounts"."devices"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "devices_id_user_id_key" ON "accounts"."devices"("id", "user_id");

-- CreateIndex
CREATE INDEX "identifiers_user_id_idx" ON "accounts"."identifiers"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "identifiers_id_user_id_key" ON "accounts"."identifiers"("id", "user_id");

-- CreateIndex
CREATE INDEX "opt_ins_user_id_idx" ON "accounts"."opt_ins"("user_id");

-- CreateIndex
CREATE INDEX "opt_ins_device_id_idx" ON "accounts"."opt_ins"("device_id");

-- CreateIndex
CREATE INDEX "opt_ins_identifier_id_idx" ON "accounts"."opt_ins"("identifier_id");

-- CreateIndex
CREATE INDEX "consent_log_opt_in_id_idx" ON "accounts"."consent_log"("opt_in_id");

-- CreateIndex
CREATE INDEX "consent_log_user_id_idx" ON "accounts"."consent_log"("user_id");

-- CreateIndex
CREATE INDEX "enlistments_next_attempt_at_idx" ON "accounts"."enlistments"("next_attempt_at");

-- CreateIndex
CREATE INDEX "outbox_seq_idx" ON "accounts"."outbox"("seq");

-- CreateIndex
CREATE INDEX "inbox_received_at_idx" ON "accounts"."inbox"("received_at");

-- AddForeignKey
ALTER TABLE "accounts"."devices" ADD CONSTRAINT "devices_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."identifiers" ADD CONSTRAINT "identifiers_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."opt_ins" ADD CONSTRAINT "opt_ins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."opt_ins" ADD CONSTRAINT "opt_ins_device_id_user_id_fkey" FOREIGN KEY ("device_id", "user_id") REFERENCES "accounts"."devices"("id", "user_id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."opt_ins" ADD CONSTRAINT "opt_ins_identifier_id_user_id_fkey" FOREIGN KEY ("identifier_id", "user_id") REFERENCES "accounts"."identifiers"("id", "user_id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."consent_log" ADD CONSTRAINT "consent_log_opt_in_id_fkey" FOREIGN KEY ("opt_in_id") REFERENCES "accounts"."opt_ins"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."consent_log" ADD CONSTRAINT "consent_log_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accounts"."enlistments" ADD CONSTRAINT "enlistments_opt_in_id_fkey" FOREIGN KEY ("opt_in_id") REFERENCES "accounts"."opt_ins"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the schema language cannot say.
-- One owner per identifier value, and one live opt-in (so one interop device) per user and gatekeeper.
CREATE UNIQUE INDEX "identifiers_value_hmac_live_key" ON "accounts"."identifiers"("value_hmac") WHERE "removed_at" IS NULL;
CREATE UNIQUE INDEX "opt_ins_user_id_gatekeeper_live_key" ON "accounts"."opt_ins"("user_id", "gatekeeper") WHERE "state" NOT IN ('deleted', 'lapsed');

ALTER TABLE "accounts"."users" ADD CONSTRAINT "users_state_check" CHECK ("state" IN ('active', 'suspended', 'erased'));
ALTER TABLE "accounts"."users" ADD CONSTRAINT "users_erased_check" CHECK ("state" <> 'erased' OR "data_key_sealed" IS NULL);
ALTER TABLE "accounts"."identifiers" ADD CONSTRAINT "identifiers_kind_check" CHECK ("kind" IN ('email', 'phone', 'username'));
ALTER TABLE "accounts"."opt_ins" ADD CONSTRAINT "opt_ins_state_check" CHECK ("state" IN ('consented', 'enlisting', 'enlisted', 'lapsing', 'lapsed', 'suspended', 'deleting', 'deleted'));
ALTER TABLE "accounts"."enlistments" ADD CONSTRAINT "enlistments_integrator_check" CHECK ("integrator" BETWEEN 1 AND 999);
