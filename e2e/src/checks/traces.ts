const base64 = (bytes: Buffer): string => bytes.toString('base64');
const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex');

/** The part of a text's base64 that is there whatever stands before and after the text, for each alignment. */
function insideBase64(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text, 'utf8')]);
    const whole = base64(bytes.subarray(0, bytes.length - (bytes.length % 3)));
    return shift === 0 ? whole : whole.slice(4);
  });
}

/** How a text looks in a log, an event or a dump: as it is, in base64, and either of them as a column of bytes. */
export function tracesOf(secret: string): string[] {
  const texts = [secret, ...insideBase64(secret)];
  return [...texts, ...texts.map(hex)];
}

/** @returns the names of the secrets that a text holds, in any of their forms. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => tracesOf(secret).some((trace) => text.includes(trace)))
    .map(([name]) => name);
}

/** A signed token: what stands before its signature is enough to know one. */
export const signedToken = /eyJ[\w-]{16,}\.eyJ[\w-]{16,}/;
