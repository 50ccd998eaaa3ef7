-- A wrapped data key names the key that wraps it: version (1), length of the id, the id, the wrapped key. What was wrapped
-- before the wrapping keys had names was wrapped by one key, which is called 1.
UPDATE "accounts"."users" SET "data_key_sealed" = '\x010131'::bytea || "data_key_sealed"
    WHERE "data_key_sealed" IS NOT NULL;
UPDATE "session"."noise_keys" SET "wrapped_data_key" = '\x010131'::bytea || "wrapped_data_key";

-- Finds the rows that a wrapping key still wraps.
CREATE INDEX "users_wrapping_key_idx" ON "accounts"."users"
    ((substring("data_key_sealed" from 3 for get_byte("data_key_sealed", 1))), "id");
CREATE INDEX "noise_keys_wrapping_key_idx" ON "session"."noise_keys"
    ((substring("wrapped_data_key" from 3 for get_byte("wrapped_data_key", 1))), "session_key");
