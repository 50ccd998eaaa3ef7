import type { Endpoints } from '../api/endpoints.js';
import type { AccessToken } from '../api/http-client.js';
import type { Clock } from '../clock.js';
import type { OwnConnection } from '../gatekeeper/wire.js';
import type { SignalSuite } from '../suites/port.js';

/** What a device is made with. */
export interface DeviceOptions {
  readonly endpoints: Endpoints;
  /** Folder of this device alone; made when it is not there. */
  readonly dataDir: string;
  readonly accessToken: AccessToken;
  /** Name of the gatekeeper's profile. */
  readonly gatekeeper: string;
  /** `x3dh` unless given. */
  readonly suite?: SignalSuite;
  /** For a device that speaks the gatekeeper's protocol itself; without it the provider's session service does. */
  readonly own?: OwnConnection;
  readonly clock?: Clock;
  /** Numbers from 0 to 1, for jitter. */
  readonly random?: () => number;
  /** Largest file that is sent or fetched, in bytes; 256 MiB unless given. */
  readonly maxMediaBytes?: number;
  /**
   * Path under which the gatekeeper's users find our files on their media host, with `{integrator}` and `{reference}`;
   * the annex's unless given.
   */
  readonly mediaPathTemplate?: string;
}

/** Path of the gatekeeper's annex, with both slashes. */
export const annexMediaPath = '/interop/whatsapp/download/{integrator}/{reference}/';
