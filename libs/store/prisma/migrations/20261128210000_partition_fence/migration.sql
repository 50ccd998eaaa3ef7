-- Whose writes count for a partition of upstream commands, and whose connections may still be open.
CREATE TABLE "session"."partitions" (
    "partition" INTEGER NOT NULL,
    "generation" BIGINT NOT NULL,
    "held_by" BIGINT,
    "taken_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "partitions_pkey" PRIMARY KEY ("partition")
);
