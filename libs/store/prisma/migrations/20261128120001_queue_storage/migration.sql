-- An outbox is empty most of the time and every row that passes through it dies: it is vacuumed by the number of dead
-- rows and not by a share of the table, and without pauses.
ALTER TABLE "accounts"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "keys"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "session"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "fanout"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "media"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "webhooks"."outbox" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Resolving looks at the few calls that wait, and not at those of the last seven days.
CREATE INDEX "push_deliveries_waiting_idx" ON "webhooks"."push_deliveries"("received_at") WHERE "state" = 'received';
-- A resumed session sends again what waits, and counts it, without walking what is settled.
CREATE INDEX "submissions_waiting_idx" ON "fanout"."submissions"("session_key", "created_at", "message_id") WHERE "state" = 'waiting';
