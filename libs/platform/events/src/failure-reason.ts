const mostCauses = 6;

/**
 * Why a call to an engine failed, in one word for a log or a line to an operator: the protocol's name of the error or
 * the system's code, found through what wraps it, else the name of its class. Never a message, which may quote values.
 */
export function failureReason(error: unknown): string {
  let name = 'unknown';
  for (let at: unknown = error, depth = 0; at instanceof Object && depth < mostCauses; depth++) {
    const known = [Reflect.get(at, 'type'), Reflect.get(at, 'code')].find(
      (value) => typeof value === 'string',
    );
    if (typeof known === 'string') return known;
    if (at instanceof Error) name = at.name;
    at = Reflect.get(at, 'cause') ?? Reflect.get(at, 'originalError');
  }
  return name;
}
