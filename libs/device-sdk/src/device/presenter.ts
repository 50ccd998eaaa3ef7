import { ContentError, readMessage } from '@causeway/content';
import type { Content } from '@causeway/content';
import { ApiError } from '../api/errors.js';
import { MediaError } from '../media/errors.js';
import type { DeviceStore } from '../store/device-store.js';
import type { ReceivedMessage } from '../store/received.js';
import type { DeviceEmitter, MessageShown } from './events.js';
import type { MediaFiles } from './media-files.js';

/** Conversations whose messages are prepared at the same time. */
const maxLanes = 8;

/** Shows stored messages to the application, each once, those of one sender in order, with their files. */
export class Presenter {
  private readonly lanes = new Set<string>();
  private stopped = false;

  constructor(
    private readonly parts: {
      readonly gatekeeper: string;
      readonly store: DeviceStore;
      readonly files: MediaFiles;
      readonly events: DeviceEmitter;
      readonly deviceId: () => string;
    },
  ) {}

  /** Looks for messages that were not shown. */
  kick(): void {
    if (this.stopped) return;
    for (const sender of this.parts.store.received.sendersToShow()) {
      if (this.lanes.size >= maxLanes) return;
      if (this.lanes.has(sender)) continue;
      this.lanes.add(sender);
      void this.show(sender)
        .then(
          () => true,
          // The store cannot be used: the messages are shown after the next start.
          () => false,
        )
        .then((more) => {
          this.lanes.delete(sender);
          if (more) this.kick();
        });
    }
  }

  stop(): void {
    this.stopped = true;
  }

  /** @returns the newest messages as the application shows them, oldest first. */
  newest(limit: number): MessageShown[] {
    return this.parts.store.received.newest(limit).map((message) => this.view(message));
  }

  /** Fetches the file of a message again. @returns the message, or undefined when there is none */
  async fetch(sender: string, id: string): Promise<MessageShown | undefined> {
    const message = this.parts.store.received.find(sender, id);
    if (message === undefined) return undefined;
    const { mediaError: _earlier, ...untried } = message;
    return this.view(await this.withFile(untried));
  }

  private async show(sender: string): Promise<void> {
    const { received } = this.parts.store;
    for (let next = received.nextToShow(sender); next !== undefined; next = received.nextToShow(sender)) {
      const ready = await this.withFile(next);
      if (this.stopped) return;
      // Noted first: an application that is killed while it shows a message has shown it, and finds it in `newest`.
      received.markShown(next.seq);
      this.parts.events.tell('message', this.view(ready));
    }
  }

  private async withFile(message: ReceivedMessage): Promise<ReceivedMessage> {
    const content = contentOf(message);
    if (!('media' in content) || message.mediaPath !== undefined) return message;
    const { files, store, deviceId } = this.parts;
    try {
      const path = await files.get(deviceId(), message.sender, message.id, content);
      if (!this.stopped) store.received.setMedia(message.seq, { path });
      return { ...message, mediaPath: path };
    } catch (error) {
      const mediaError =
        error instanceof MediaError || error instanceof ApiError ? error.code : 'media_file_unusable';
      if (!this.stopped) store.received.setMedia(message.seq, { error: mediaError });
      return { ...message, mediaError };
    }
  }

  private view(message: ReceivedMessage): MessageShown {
    const { id, sender: from, sentAt: timestamp, mediaPath: path, mediaError } = message;
    const content = contentOf(message);
    return {
      id,
      gatekeeper: this.parts.gatekeeper,
      from,
      timestamp,
      kind: content.kind,
      ...textOf(content),
      ...fileOf(content),
      ...(path !== undefined && { path, ...hashOf(content) }),
      ...(mediaError !== undefined && { mediaError }),
    };
  }
}

/** Content that was decrypted but cannot be read is shown as of a kind that the device does not know. */
function contentOf({ content }: ReceivedMessage): Content {
  try {
    return readMessage(content);
  } catch (error) {
    if (error instanceof ContentError) return { kind: 'unsupported', fields: [] };
    throw error;
  }
}

function textOf(content: Content): Pick<MessageShown, 'text' | 'target'> {
  const caption = 'caption' in content ? content.caption : undefined;
  const text = 'text' in content ? content.text : caption;
  const target =
    'targetId' in content ? content.targetId : 'quoted' in content ? content.quoted?.id : undefined;
  return { ...(text !== undefined && { text }), ...(target !== undefined && { target }) };
}

function fileOf(content: Content): Pick<MessageShown, 'mimetype' | 'fileName' | 'fileLength'> {
  if (!('media' in content)) return {};
  const { mimetype, fileLength } = content.media;
  const fileName = content.kind === 'document' ? content.fileName : undefined;
  return { mimetype, fileLength, ...(fileName !== undefined && { fileName }) };
}

function hashOf(content: Content): Pick<MessageShown, 'sha256'> {
  return 'media' in content ? { sha256: Buffer.from(content.media.fileSha256).toString('hex') } : {};
}
