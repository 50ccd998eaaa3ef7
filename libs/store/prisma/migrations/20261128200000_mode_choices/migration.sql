-- In which mode a user connects to a gatekeeper, where the provider has chosen another than the profile's.
CREATE TABLE "accounts"."mode_choices" (
    "user_id" UUID NOT NULL,
    "gatekeeper" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "chosen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mode_choices_pkey" PRIMARY KEY ("user_id","gatekeeper")
);
ALTER TABLE "accounts"."mode_choices" ADD CONSTRAINT "mode_choices_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "accounts"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "accounts"."mode_choices" ADD CONSTRAINT "mode_choices_mode_check" CHECK ("mode" IN ('proxy', 'tunnel', 'direct'));
