const BARS = 64;
const HIGHEST = 100;

/** The 64 bars, 0 to 100, that a chat draws for a voice note; from the bytes of the file, since a simulator decodes no audio. */
export function sketchWaveform(file: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: BARS }, (_, bar) => {
    const slice = file.subarray(
      Math.floor((bar * file.length) / BARS),
      Math.floor(((bar + 1) * file.length) / BARS),
    );
    const sum = slice.reduce((total, byte) => total + byte, 0);
    return slice.length === 0 ? 0 : Math.round((sum / slice.length / 255) * HIGHEST);
  });
}
