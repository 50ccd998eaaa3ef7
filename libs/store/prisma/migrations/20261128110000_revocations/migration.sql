-- Which devices lost a right lately, in the order in which the changes were committed. Written in the transaction of the
-- change; read by whoever must not let such a device go on.
CREATE TABLE "accounts"."revocations" (
    "epoch" BIGINT NOT NULL,
    "device_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "revocations_pkey" PRIMARY KEY ("epoch")
);

-- What others see of it, as of the directory.
CREATE VIEW "accounts"."revoked" AS SELECT "epoch", "device_id" FROM "accounts"."revocations";
