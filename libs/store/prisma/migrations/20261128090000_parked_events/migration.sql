-- CreateTable
CREATE TABLE "accounts"."parked_events" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "seq" BIGSERIAL NOT NULL,
    "consumer_group" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "event_offset" BIGINT NOT NULL,
    "lane" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "headers" TEXT NOT NULL,
    "payload" BYTEA,
    "code" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "rounds" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "parked_events_consumer_group_topic_partition_lane_seq_idx" ON "accounts"."parked_events"("consumer_group", "topic", "partition", "lane", "seq");

-- CreateIndex
CREATE INDEX "parked_events_lane_idx" ON "accounts"."parked_events"("lane");

-- CreateTable
CREATE TABLE "keys"."parked_events" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "seq" BIGSERIAL NOT NULL,
    "consumer_group" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "event_offset" BIGINT NOT NULL,
    "lane" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "headers" TEXT NOT NULL,
    "payload" BYTEA,
    "code" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "rounds" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "parked_events_consumer_group_topic_partition_lane_seq_idx" ON "keys"."parked_events"("consumer_group", "topic", "partition", "lane", "seq");

-- CreateIndex
CREATE INDEX "parked_events_lane_idx" ON "keys"."parked_events"("lane");

-- CreateTable
CREATE TABLE "fanout"."parked_events" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "seq" BIGSERIAL NOT NULL,
    "consumer_group" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "event_offset" BIGINT NOT NULL,
    "lane" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "headers" TEXT NOT NULL,
    "payload" BYTEA,
    "code" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "rounds" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "parked_events_consumer_group_topic_partition_lane_seq_idx" ON "fanout"."parked_events"("consumer_group", "topic", "partition", "lane", "seq");

-- CreateIndex
CREATE INDEX "parked_events_lane_idx" ON "fanout"."parked_events"("lane");

-- CreateTable
CREATE TABLE "media"."parked_events" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "seq" BIGSERIAL NOT NULL,
    "consumer_group" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "event_offset" BIGINT NOT NULL,
    "lane" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "headers" TEXT NOT NULL,
    "payload" BYTEA,
    "code" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "rounds" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "parked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "parked_events_consumer_group_topic_partition_lane_seq_idx" ON "media"."parked_events"("consumer_group", "topic", "partition", "lane", "seq");

-- CreateIndex
CREATE INDEX "parked_events_lane_idx" ON "media"."parked_events"("lane");
