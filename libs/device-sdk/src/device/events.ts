import { EventEmitter } from 'node:events';
import type { ContentKind } from '@causeway/content';

/** A message as the application shows it. Times are seconds since 1970. */
export interface MessageShown {
  readonly id: string;
  readonly gatekeeper: string;
  readonly from: string;
  readonly timestamp: number;
  readonly kind: ContentKind;
  readonly text?: string;
  /** The message that a reply, a reaction, an edit or a removal is about. */
  readonly target?: string;
  readonly mimetype?: string;
  readonly fileName?: string;
  /** Size of the file in bytes, as the message states it. */
  readonly fileLength?: number;
  /** Path of the checked and decrypted file. */
  readonly path?: string;
  /** Hash of the decrypted file, in hex. */
  readonly sha256?: string;
  /** Why the file is not there. */
  readonly mediaError?: string;
}

/** What the device tells its application. */
export interface DeviceEvents {
  message: [message: MessageShown];
  /** Messages that the device sent were delivered, read or played. */
  receipt: [receipt: { from: string; kind: 'delivered' | 'read' | 'played'; ids: readonly string[] }];
  typing: [typing: { from: string; state: 'composing' | 'paused' }];
  /** A peer's identity key changed; nothing is sent to it until `acceptIdentity`. */
  identity: [identity: { peer: string }];
  accepted: [message: { id: string; timestamp: number }];
  refused: [message: { id: string; code: string }];
  /** A message that could not be decrypted and was asked for in vain. */
  unreadable: [message: { id: string; from: string }];
  session: [session: { state: string; code?: string; jid?: string }];
  /** The socket to the provider; `code` when it stays down. */
  connection: [connection: { online: boolean; code?: string }];
}

/** Emits to the application; a listener that throws does not disturb the device. */
export class DeviceEmitter extends EventEmitter<DeviceEvents> {
  tell<Name extends keyof DeviceEvents>(name: Name, ...values: DeviceEvents[Name]): void {
    try {
      (this as EventEmitter).emit(name, ...values);
    } catch {
      process.emitWarning('A listener of the device threw', { code: 'DEVICE_LISTENER' });
    }
  }
}
