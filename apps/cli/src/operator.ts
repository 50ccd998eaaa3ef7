import { userInfo } from 'node:os';

/** Who runs this, as the operating system knows it. */
export function operator(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
