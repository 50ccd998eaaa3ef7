-- Which state of an opt-in may follow which: what the code's state machine says, said to the database. A change of state
-- that is not in it fails, whoever writes it.
CREATE TABLE "accounts"."opt_in_transitions" (
    "from_state" TEXT NOT NULL,
    "to_state" TEXT NOT NULL,

    CONSTRAINT "opt_in_transitions_pkey" PRIMARY KEY ("from_state","to_state")
);

INSERT INTO "accounts"."opt_in_transitions" ("from_state", "to_state") VALUES
    ('consented', 'enlisting'),
    ('consented', 'deleted'),
    ('enlisting', 'enlisted'),
    ('enlisting', 'consented'),
    ('enlisting', 'deleting'),
    ('enlisted', 'lapsing'),
    ('enlisted', 'lapsed'),
    ('enlisted', 'suspended'),
    ('enlisted', 'deleting'),
    ('lapsing', 'enlisted'),
    ('lapsing', 'lapsed'),
    ('lapsing', 'suspended'),
    ('lapsing', 'deleting'),
    ('lapsed', 'deleted'),
    ('suspended', 'enlisted'),
    ('suspended', 'lapsed'),
    ('suspended', 'deleting'),
    ('deleting', 'deleted');

CREATE FUNCTION "accounts"."check_opt_in_transition"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM "accounts"."opt_in_transitions" WHERE "from_state" = OLD."state" AND "to_state" = NEW."state"
    ) THEN
        RAISE EXCEPTION 'an opt-in does not go from % to %', OLD."state", NEW."state" USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER "opt_ins_transition" BEFORE UPDATE OF "state" ON "accounts"."opt_ins"
    FOR EACH ROW WHEN (OLD."state" IS DISTINCT FROM NEW."state")
    EXECUTE FUNCTION "accounts"."check_opt_in_transition"();

-- A service begins each life at its beginning. The administrator, who restores backups, is not bound by it.
ALTER TABLE "accounts"."opt_ins" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "opt_ins_all" ON "accounts"."opt_ins" USING (true) WITH CHECK (true);
CREATE POLICY "opt_ins_begin" ON "accounts"."opt_ins" AS RESTRICTIVE FOR INSERT WITH CHECK ("state" = 'consented');
