import type { SessionEntry } from './libsignal.js';
import { library } from './libsignal.js';
import { BoundedRecord } from './record.js';

/**
 * The library's cipher, with another way of reading messages of running sessions. Its own way steps the ratchet of
 * each session that it tries before it checks the MAC, stores the failed ones damaged, and prints every failure.
 */
export class QuietCipher extends library.SessionCipher {
  override async decryptWhisperMessage(data: Buffer): Promise<Buffer> {
    const record = await this.getRecord();
    if (!(record instanceof BoundedRecord)) throw new library.SessionError('no session');
    let last: unknown = new library.SessionError('no session');
    for (const [key, session] of record.entriesByUse()) {
      const trial = copyOf(session);
      try {
        const plaintext = await this.doDecryptWhisperMessage(data, trial);
        trial.indexInfo.used = Date.now();
        record.sessions[key] = trial;
        await this.storeRecord(record);
        return plaintext;
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }
}

function copyOf(session: SessionEntry): SessionEntry {
  const record = new BoundedRecord();
  record.sessions = { only: session };
  const copy = BoundedRecord.fromBytes(record.toBytes()).sessions['only'];
  if (copy === undefined) throw new library.SessionError('no session');
  return copy;
}
