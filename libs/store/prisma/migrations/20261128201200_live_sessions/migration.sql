-- The sessions whose opt-in is not over, also when their device was removed: the deletion at the gatekeeper may still need
-- their Noise key. Session alone reads it.
CREATE VIEW "accounts"."live_sessions" AS
SELECT "device_id"::text || '.' || "gatekeeper" AS "session_key"
FROM "accounts"."opt_ins"
WHERE "state" NOT IN ('deleted', 'lapsed');
