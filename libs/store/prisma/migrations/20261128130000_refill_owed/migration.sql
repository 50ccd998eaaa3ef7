-- Whether the gatekeeper asked for one-time prekeys when none was there.
alter table keys.identities add column refill_owed boolean not null default false;
