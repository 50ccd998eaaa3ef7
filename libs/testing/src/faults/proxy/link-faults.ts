/** What is wrong with one direction of a connection. Everything that is absent is in order. */
export interface LinkFaults {
  /** Each byte arrives this much later. */
  readonly latencyMs?: number;
  /** Up to so much more or less latency, drawn for each piece; the order of the bytes stays. */
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** Passes the bytes on in pieces of 1 to 7. */
  readonly slice?: boolean;
  /** Resets the connection when so many bytes have passed since the fault was set. */
  readonly cutAfterBytes?: number;
  /** Passes nothing, not even an end; what is on its way waits, within bounds, until the fault is gone. */
  readonly blackHole?: boolean;
}

/** `up`: from the client to the engine. */
export type Direction = 'up' | 'down';

/** Largest piece of a limited link: so that its rate is even, and so that nothing waits long for a large one. */
const piecesPerSecond = 20;
const longestSlice = 7;

/** Cuts a chunk into the pieces that the faults ask for. */
export function piecesOf(chunk: Buffer, faults: LinkFaults, random: () => number): Buffer[] {
  const { slice, bytesPerSecond } = faults;
  const limited = bytesPerSecond === undefined ? Infinity : Math.ceil(bytesPerSecond / piecesPerSecond);
  if (slice !== true && limited === Infinity) return [chunk];
  const pieces: Buffer[] = [];
  for (let start = 0; start < chunk.length;) {
    const wanted = slice === true ? 1 + Math.floor(random() * longestSlice) : chunk.length;
    const end = start + Math.max(1, Math.min(wanted, limited));
    pieces.push(chunk.subarray(start, end));
    start = end;
  }
  return pieces;
}
