-- Who speaks the gatekeeper's protocol: the session service (proxy), or the device itself, through a tunnel or directly.
ALTER TABLE "accounts"."enlistments" ADD COLUMN "mode" TEXT NOT NULL DEFAULT 'proxy';
ALTER TABLE "accounts"."enlistments" ADD CONSTRAINT "enlistments_mode_check" CHECK ("mode" IN ('proxy', 'tunnel', 'direct'));

CREATE OR REPLACE VIEW "accounts"."directory" AS
SELECT
    d."id" AS "device_id",
    d."user_id",
    u."subject_hash",
    u."state" AS "user_state",
    o."gatekeeper",
    o."id" AS "opt_in_id",
    CASE WHEN s."gatekeeper" IS NOT NULL AND o."state" IN ('enlisted', 'lapsing', 'deleting') THEN 'suspended'
        ELSE o."state" END AS "opt_in_state",
    i."value_hmac" AS "identifier_hmac",
    e."account_number",
    e."mode"
FROM "accounts"."devices" d
JOIN "accounts"."users" u ON u."id" = d."user_id"
LEFT JOIN "accounts"."opt_ins" o ON o."device_id" = d."id" AND o."state" NOT IN ('deleted', 'lapsed')
LEFT JOIN "accounts"."gatekeeper_stops" s ON s."gatekeeper" = o."gatekeeper"
LEFT JOIN "accounts"."identifiers" i ON i."id" = o."identifier_id" AND i."removed_at" IS NULL
LEFT JOIN "accounts"."enlistments" e ON e."opt_in_id" = o."id"
WHERE d."removed_at" IS NULL;
