import { randomBytes } from 'node:crypto';
import { UPLOADS_PATH } from '@causeway/contracts/media';
import { MediaReference } from '@causeway/contracts/ids';
import type { Caller } from '@causeway/http';
import type { Clock } from '@causeway/lifecycle';
import { Server } from '@tus/server';
import type { DeviceAccess } from '../access/device-access.js';
import { mediaError } from '../media.errors.js';
import type { MediaObjects } from '../objects/media-objects.js';
import type { UploadAdmission } from './upload-admission.js';
import { failureOfStatus, uploadFailure } from './upload-errors.js';
import { UploadLocks } from './upload-locks.js';
import type { UploadStore } from './upload-store.js';

const REFERENCE_BYTES = 32;
/** How long a request that must give way may take to store what it has. */
const GIVE_WAY_MS = 500;

/** An upload request under way. */
interface Call {
  readonly caller: Caller;
  reference: string | undefined;
  failure: unknown;
}

/** What the tus server answers, and the reference it is about. */
export interface UploadAnswer {
  readonly response: Response;
  readonly reference: string | undefined;
}

/** tus 1.0, for devices that may upload. */
export class UploadServer {
  readonly #calls = new WeakMap<object, Call>();
  readonly #tus: Server;

  constructor(
    store: UploadStore,
    private readonly admission: UploadAdmission,
    private readonly access: DeviceAccess,
    private readonly objects: MediaObjects,
    clock: Clock,
  ) {
    this.#tus = new Server({
      path: UPLOADS_PATH,
      datastore: store,
      locker: new UploadLocks(clock),
      lockDrainTimeout: GIVE_WAY_MS,
      allowedOrigins: () => false,
      disableTerminationForFinishedUploads: true,
      namingFunction: () => randomBytes(REFERENCE_BYTES).toString('base64url'),
      // Relative to the request, so that it holds under whatever address the device has for us.
      generateUrl: (_request, { path, id }) => `${path.slice(path.lastIndexOf('/') + 1)}/${id}`,
      getFileIdFromRequest: (_request, last) => (MediaReference.safeParse(last).success ? last : undefined),
      onIncomingRequest: (request, id) => this.#incoming(request, id),
      onUploadCreate: async (request, { id, size, metadata }) => {
        await this.admission.admit(this.#callOf(request).caller, { reference: id, size, metadata });
        return {};
      },
      onResponseError: (request, error) => {
        this.#callOf(request).failure = uploadFailure(error);
        return undefined;
      },
    });
  }

  /** Answers one request. @throws {AppError} every refusal, and what else went wrong as it was thrown */
  async handle(request: Request, caller: Caller): Promise<UploadAnswer> {
    const call: Call = { caller, reference: undefined, failure: undefined };
    this.#calls.set(request, call);
    const response = await this.#tus.handleWeb(request);
    if (call.failure !== undefined) throw call.failure;
    if (response.status >= 400) throw failureOfStatus(response.status);
    return { response, reference: call.reference };
  }

  /** Somebody else's upload is as unknown as one that never was. */
  async #incoming(request: object & { readonly method: string }, id: string): Promise<void> {
    const call = this.#callOf(request);
    call.reference = id;
    if (request.method === 'POST') return;
    const object = await this.objects.find(id);
    if (object === undefined) throw mediaError('media_unknown');
    await this.access.owned(call.caller, object.deviceId).catch((error: unknown) => {
      const foreign = error instanceof Error && 'code' in error && error.code === 'media_device_unknown';
      throw foreign ? mediaError('media_unknown') : error;
    });
  }

  #callOf(request: object): Call {
    const call = this.#calls.get(request);
    if (call === undefined) throw new TypeError('a request of the tus server that did not come from here');
    return call;
  }
}
