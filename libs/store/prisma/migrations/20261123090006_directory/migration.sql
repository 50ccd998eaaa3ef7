-- The shared store of users and opt-ins: accounts writes it, everyone reads it. One row per device that was not removed
-- and per live opt-in of it; a device without one has a single row with a null gatekeeper.
CREATE VIEW "accounts"."directory" AS
SELECT
    d."id" AS "device_id",
    d."user_id",
    u."subject_hash",
    u."state" AS "user_state",
    o."gatekeeper",
    o."id" AS "opt_in_id",
    o."state" AS "opt_in_state",
    i."value_hmac" AS "identifier_hmac",
    e."account_number"
FROM "accounts"."devices" d
JOIN "accounts"."users" u ON u."id" = d."user_id"
LEFT JOIN "accounts"."opt_ins" o ON o."device_id" = d."id" AND o."state" NOT IN ('deleted', 'lapsed')
LEFT JOIN "accounts"."identifiers" i ON i."id" = o."identifier_id" AND i."removed_at" IS NULL
LEFT JOIN "accounts"."enlistments" e ON e."opt_in_id" = o."id"
WHERE d."removed_at" IS NULL;
