/** The fields of a relayed event that name its body. */
interface Relayed {
  readonly type: string;
  readonly id?: string | undefined;
  readonly ref?: number | undefined;
  readonly correlationId?: string | undefined;
}

/** @returns what a sealed body belongs to, so that it cannot be moved into another event of its connection. */
export function bodyContext(event: Relayed): string {
  return `${event.type} ${event.id ?? event.ref ?? event.correlationId ?? ''}`;
}

/** @returns the name under which both pods derive the keys of one connection. */
export function connectionName(sessionKey: string, epoch: number): string {
  return `${sessionKey}#${epoch}`;
}
