/** Version of the tables below, kept in the file's `user_version`. */
export const schemaVersion = 2;

/** Of a file of version 1. Nobody noted how old its signed prekey is: 0 counts as old. */
export const fromVersion1 = `
ALTER TABLE signed_prekeys ADD COLUMN made_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signed_prekeys ADD COLUMN in_use INTEGER NOT NULL DEFAULT 1;
`;

/** One file holds everything of one device with one gatekeeper. */
export const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE one_time_prekeys (
  id INTEGER PRIMARY KEY, public_key BLOB NOT NULL, private_key BLOB NOT NULL, destination TEXT NOT NULL
) STRICT;
CREATE TABLE signed_prekeys (
  id INTEGER PRIMARY KEY, public_key BLOB NOT NULL, private_key BLOB NOT NULL, signature BLOB NOT NULL,
  made_at INTEGER NOT NULL, in_use INTEGER NOT NULL
) STRICT;
CREATE TABLE kyber_prekeys (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;

CREATE TABLE sessions (
  peer TEXT NOT NULL, device INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (peer, device)
) STRICT;
CREATE TABLE identities (
  peer TEXT NOT NULL, device INTEGER NOT NULL, key BLOB, state TEXT NOT NULL, PRIMARY KEY (peer, device)
) STRICT;

CREATE TABLE received (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, id TEXT NOT NULL, sent_at INTEGER NOT NULL,
  content BLOB NOT NULL, shown INTEGER NOT NULL DEFAULT 0, media_path TEXT, media_error TEXT,
  UNIQUE (sender, id)
) STRICT;
CREATE INDEX received_unshown ON received (seq) WHERE shown = 0;
CREATE TABLE unreadable (
  sender TEXT NOT NULL, id TEXT NOT NULL, reply_to TEXT NOT NULL, sent_at INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (sender, id)
) STRICT;

CREATE TABLE outgoing (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL, stanza_type TEXT NOT NULL,
  plaintext BLOB, cipher_type TEXT, ciphertext BLOB, state TEXT NOT NULL, retry_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outgoing_waiting ON outgoing (seq) WHERE state = 'queued';
CREATE TABLE receipts_due (recipient TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (recipient, id)) STRICT;
`;
