import { describe } from 'vitest';
import { prosodyImage } from '../engines/prosody.js';

/**
 * A suite that needs an XMPP server of its own. Without an image the tests count as skipped, with the reason in the
 * suite's name; no public image exists, so that a run which demands its engines does not demand this one.
 */
export function describeWithProsody(title: string, body: () => void): void {
  if (prosodyImage() === undefined)
    describe.skip(`${title} (prosody not run: PROSODY_IMAGE names no image)`, body);
  else describe(title, body);
}
