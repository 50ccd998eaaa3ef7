-- Since when the signed prekey of a pool is the one that it is. Of those that were published before, this migration is
-- the beginning: nobody noted theirs.
ALTER TABLE "keys"."identities" ADD COLUMN "signed_prekey_since" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP;
