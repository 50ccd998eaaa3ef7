-- contract: the table keeps its name, its sequence and every column, so that programs of before go on; its unique index
-- on (session_key, dedupe_key) goes, because the inbox recognises what is repeated.
-- A ring of eight partitions by the time of arrival, five days each. A row lives 30 days at most, so a partition is
-- wholly expired before its turn comes again, and emptying it costs no scan and leaves no dead rows.
ALTER TABLE "fanout"."mailbox" RENAME TO "mailbox_unpartitioned";

CREATE TABLE "fanout"."mailbox" (
    "bucket" SMALLINT NOT NULL DEFAULT (floor(extract(epoch from now()) / 432000)::bigint % 8)::smallint,
    "seq" BIGINT NOT NULL DEFAULT nextval('"fanout"."mailbox_seq_seq"'),
    "session_key" TEXT NOT NULL,
    "dedupe_key" BYTEA NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL
) PARTITION BY LIST ("bucket");

CREATE TABLE "fanout"."mailbox_0" PARTITION OF "fanout"."mailbox" FOR VALUES IN (0);
CREATE TABLE "fanout"."mailbox_1" PARTITION OF "fanout"."mailbox" FOR VALUES IN (1);
CREATE TABLE "fanout"."mailbox_2" PARTITION OF "fanout"."mailbox" FOR VALUES IN (2);
CREATE TABLE "fanout"."mailbox_3" PARTITION OF "fanout"."mailbox" FOR VALUES IN (3);
CREATE TABLE "fanout"."mailbox_4" PARTITION OF "fanout"."mailbox" FOR VALUES IN (4);
CREATE TABLE "fanout"."mailbox_5" PARTITION OF "fanout"."mailbox" FOR VALUES IN (5);
CREATE TABLE "fanout"."mailbox_6" PARTITION OF "fanout"."mailbox" FOR VALUES IN (6);
CREATE TABLE "fanout"."mailbox_7" PARTITION OF "fanout"."mailbox" FOR VALUES IN (7);

INSERT INTO "fanout"."mailbox" ("bucket", "seq", "session_key", "dedupe_key", "kind", "payload", "created_at", "expires_at")
SELECT (floor(extract(epoch from "created_at") / 432000)::bigint % 8)::smallint, "seq", "session_key", "dedupe_key", "kind", "payload", "created_at", "expires_at"
FROM "fanout"."mailbox_unpartitioned";

ALTER SEQUENCE "fanout"."mailbox_seq_seq" OWNED BY "fanout"."mailbox"."seq";
DROP TABLE "fanout"."mailbox_unpartitioned";

ALTER TABLE "fanout"."mailbox" ADD CONSTRAINT "mailbox_pkey" PRIMARY KEY ("bucket", "seq");
CREATE INDEX "mailbox_session_key_seq_idx" ON "fanout"."mailbox"("session_key", "seq");
CREATE INDEX "mailbox_expires_at_idx" ON "fanout"."mailbox"("expires_at");

-- Sessions whose mailbox was full: what else their login brings is left to the gatekeeper, in its order.
CREATE TABLE "fanout"."mailbox_stalls" (
    "session_key" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mailbox_stalls_pkey" PRIMARY KEY ("session_key")
);

CREATE INDEX "mailbox_stalls_since_idx" ON "fanout"."mailbox_stalls"("since");

-- Rights are brought up to date after the migrations; running programs must not lose theirs until then.
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'causeway_fanout') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON "fanout"."mailbox", "fanout"."mailbox_stalls" TO "causeway_fanout";
  END IF;
END $$;
