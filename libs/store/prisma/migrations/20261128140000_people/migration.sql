-- An identifier that was proven for another user: its row stays until the gatekeeper has deleted the account under it.
ALTER TABLE "accounts"."identifiers" ADD COLUMN "lost_at" TIMESTAMPTZ(6), ADD COLUMN "lost_hmac" BYTEA;

CREATE INDEX "identifiers_lost_hmac_idx" ON "accounts"."identifiers"("lost_hmac");

-- Where a user was seen, by country alone.
CREATE TABLE "accounts"."whereabouts" (
    "user_id" UUID NOT NULL,
    "gatekeeper" TEXT NOT NULL,
    "country" CHAR(2) NOT NULL,
    "source" TEXT NOT NULL,
    "observed_at" TIMESTAMPTZ(6) NOT NULL,
    "inside" BOOLEAN NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "away_since" TIMESTAMPTZ(6),
    "suspended_at" TIMESTAMPTZ(6),

    CONSTRAINT "whereabouts_pkey" PRIMARY KEY ("user_id","gatekeeper")
);

CREATE INDEX "whereabouts_gatekeeper_away_since_idx" ON "accounts"."whereabouts"("gatekeeper", "away_since");

ALTER TABLE "accounts"."whereabouts" ADD CONSTRAINT "whereabouts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "accounts"."whereabouts" ADD CONSTRAINT "whereabouts_source_check" CHECK ("source" IN ('provider', 'proxy'));

-- Who did what to an account.
CREATE TABLE "accounts"."audit_log" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_id" UUID NOT NULL,
    "actor" TEXT NOT NULL,
    "client" TEXT,
    "action" TEXT NOT NULL,
    "reason" TEXT,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "audit_log_at_idx" ON "accounts"."audit_log"("at");
CREATE INDEX "audit_log_user_id_idx" ON "accounts"."audit_log"("user_id");

-- Erasures and what each store confirmed.
CREATE TABLE "accounts"."erasures" (
    "user_id" UUID NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(6),

    CONSTRAINT "erasures_pkey" PRIMARY KEY ("user_id")
);

CREATE INDEX "erasures_next_attempt_at_idx" ON "accounts"."erasures"("next_attempt_at");

ALTER TABLE "accounts"."erasures" ADD CONSTRAINT "erasures_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
ALTER TABLE "accounts"."erasures" ADD CONSTRAINT "erasures_requested_by_check" CHECK ("requested_by" IN ('user', 'provider'));

CREATE TABLE "accounts"."erased_stores" (
    "user_id" UUID NOT NULL,
    "store" TEXT NOT NULL,
    "erased_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "erased_stores_pkey" PRIMARY KEY ("user_id","store")
);

ALTER TABLE "accounts"."erased_stores" ADD CONSTRAINT "erased_stores_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."erasures"("user_id") ON DELETE CASCADE ON UPDATE CASCADE;
