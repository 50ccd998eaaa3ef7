-- Until when a gatekeeper wants to be left alone with something of a session: it outlives the pod that was told.
CREATE TABLE "session"."rests" (
    "session_key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "key_id" INTEGER,
    "until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "rests_pkey" PRIMARY KEY ("session_key", "kind")
);

-- CreateIndex
CREATE INDEX "rests_partition_idx" ON "session"."rests"("partition");

-- CreateIndex
CREATE INDEX "rests_until_idx" ON "session"."rests"("until");

-- What the schema language cannot say.
ALTER TABLE "session"."rests" ADD CONSTRAINT "rests_kind_check" CHECK ("kind" IN ('login', 'rotation'));
