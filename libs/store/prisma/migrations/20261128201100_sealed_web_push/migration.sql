-- contract: a pod of the version before fails on this table until it is replaced; its wakes are tried again meanwhile
-- Registrations for Web Push are sealed, each with a data key of its own. What lies here in clear cannot be sealed by the
-- database, so it goes: those devices are woken by the provider's webhook until they register again.
DELETE FROM "fanout"."web_push_registrations";
ALTER TABLE "fanout"."web_push_registrations"
    DROP COLUMN "endpoint",
    DROP COLUMN "p256dh",
    DROP COLUMN "auth",
    ADD COLUMN "sealed" BYTEA NOT NULL,
    ADD COLUMN "wrapped_data_key" BYTEA NOT NULL;

-- Finds the rows that a wrapping key still wraps.
CREATE INDEX "web_push_registrations_wrapping_key_idx" ON "fanout"."web_push_registrations"
    ((substring("wrapped_data_key" from 3 for get_byte("wrapped_data_key", 1))), "device_id");
