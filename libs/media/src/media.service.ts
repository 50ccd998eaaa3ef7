import type { ConfigValues } from '@causeway/config';
import { createEgress } from '@causeway/http';
import { limits } from '@causeway/limits';
import { loadProfiles, type GatekeeperProfile } from '@causeway/profiles';
import type { ServiceContext, ServiceDefinition } from '@causeway/runtime';
import { DeviceAccess } from './access/device-access.js';
import type { BlobsAddress } from './blobs/address.js';
import { openBlobs } from './blobs/open-blobs.js';
import { Downloads } from './downloads/downloads.js';
import { createMediaMetrics } from './media-metrics.js';
import { MediaModule } from './media.module.js';
import { AccountConsumer } from './objects/account.consumer.js';
import { MediaObjects } from './objects/media-objects.js';
import { Sweeper } from './objects/sweeper.js';
import { mediaPersonalData } from './personal-data.js';
import { Relay } from './relay/relay.js';
import { blobsTrustSection, mediaSection } from './settings.js';
import { Gate } from './transfers/gate.js';
import { UploadAdmission } from './uploads/upload-admission.js';
import { UploadCompletion } from './uploads/upload-completion.js';
import { UploadServer } from './uploads/upload-server.js';
import { UploadStore } from './uploads/upload-store.js';

const sections = [mediaSection, blobsTrustSection] as const;
type Context = ServiceContext<ConfigValues<typeof sections>>;
const DRAIN_MS = 10_000;

/** The media service: keeps encrypted files for the gatekeeper to fetch, and relays those of the gatekeeper's users. */
export const mediaService: ServiceDefinition<typeof sections> = {
  name: 'media',
  personalData: mediaPersonalData,
  sections,
  outbox: undefined,
  async module(context) {
    const { settings, postgres, bus, coordination, clock, logger, lifecycle } = context;
    const profiles = await loadProfiles(settings.PROFILES_DIR, settings.PROFILES, {
      development: settings.DEVELOPMENT,
    });
    const blobs = await openBlobs(addressOf(settings), authoritiesOf(context));
    lifecycle.onStop('blobs', 'engines', () => blobs.close(), DRAIN_MS);
    const metrics = createMediaMetrics(context.metrics);
    const objects = new MediaObjects(postgres);
    const access = new DeviceAccess(postgres);
    const sweeper = new Sweeper(objects, blobs, metrics, clock, logger);
    const consumer = new AccountConsumer(bus, objects, sweeper);
    lifecycle.onStop('account events', 'consumers', () => consumer.stop(), DRAIN_MS);
    lifecycle.onStop('sweeper', 'consumers', () => sweeper.stop(), DRAIN_MS);
    const uploadGate = new Gate('upload', limits.mediaUploadsInFlight.value, metrics);
    const fetchGate = new Gate('fetch', limits.mediaDownloadsInFlight.value, metrics);
    const relayGate = new Gate('relay', limits.mediaRelaysInFlight.value, metrics);
    const completion = new UploadCompletion(profiles, access, objects, blobs, sweeper, metrics);
    const onBytes = uploadGate.count;
    const store = new UploadStore({ objects, blobs, completion, sweeper, clock, onBytes });
    const admission = new UploadAdmission(profiles, access, objects, coordination);
    const downloads = new Downloads(objects, blobs);
    const relays = createRelays(context, profiles);
    return MediaModule.with({
      uploads: new UploadServer(store, admission, access, objects, clock),
      uploadGate,
      fetches: { downloads, blobs, coordination, metrics, gate: fetchGate, clock },
      relay: { relays, access, coordination, metrics, gate: relayGate },
      start: async () => {
        await consumer.start();
        sweeper.kick();
      },
    });
  },
};

function addressOf({ BLOBS_URL, S3_ACCESS_KEY, S3_SECRET_KEY }: Context['settings']): BlobsAddress {
  if (BLOBS_URL.kind === 'folder' || S3_ACCESS_KEY === undefined || S3_SECRET_KEY === undefined)
    return BLOBS_URL;
  return { ...BLOBS_URL, credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY } };
}

/** Of the store; asked for each connection, so that they can be replaced. */
function authoritiesOf({ live }: Context): () => string | undefined {
  const trust = live(blobsTrustSection, ({ S3_CA }) => S3_CA);
  return () => trust.current;
}

/** One way out per gatekeeper, to its media hosts alone. */
function createRelays(
  { clock, lifecycle, certificates }: Context,
  profiles: ReadonlyMap<string, GatekeeperProfile>,
): ReadonlyMap<string, Relay> {
  const relays = new Map<string, Relay>();
  for (const [id, { media, egress: allowed }] of profiles) {
    const { allowPrivateAddresses } = allowed;
    const ca = () => certificates.current.GATEKEEPER_CA;
    const egress = createEgress({ allowedHosts: media.downloadHosts, allowPrivateAddresses, ca, clock });
    lifecycle.onStop(`egress to the media host of ${id}`, 'engines', () => egress.close(), DRAIN_MS);
    relays.set(id, new Relay(media, egress, clock));
  }
  return relays;
}
