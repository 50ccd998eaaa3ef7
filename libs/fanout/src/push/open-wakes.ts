import { DeviceId } from '@causeway/contracts/ids';
import { createEgress } from '@causeway/http';
import { openKeyWrap } from '@causeway/sealing';
import { Webhook } from 'standardwebhooks';
import type { FanoutMetrics } from '../fanout-metrics.js';
import type { FanoutContext } from '../fanout.service.js';
import { fanoutSection } from '../settings.js';
import { LogWake } from './log-wake.js';
import { WakeDispatch } from './wake-dispatch.js';
import type { WakePort } from './wake.port.js';
import { WakesStore } from './wakes.store.js';
import { vapidKey, WebPushWake } from './web-push-wake.js';
import type { WebPushDesk } from './web-push.controller.js';
import { WebPushStore } from './web-push.store.js';
import { fanoutSealedTables } from './sealed-tables.js';
import { WebhookWake } from './webhook-wake.js';

const DRAIN_MS = 10_000;

/** All that wakes devices. */
export interface Wakes {
  readonly store: WakesStore;
  readonly registrations: WebPushStore;
  readonly dispatch: WakeDispatch;
  readonly desk: WebPushDesk;
}

/** Opens the ways to sleeping devices that the settings name; the dispatch ends with the drain's stage `consumers`. */
export function openWakes(context: FanoutContext, metrics: FanoutMetrics): Wakes {
  const { settings, postgres, coordination, clock, logger, lifecycle } = context;
  const registrations = new WebPushStore(postgres, openKeyWrap(context, fanoutSealedTables));
  context.reveal('fanout.web_push_registrations', ({ device_id }) =>
    registrations.reveal(DeviceId.parse(device_id)),
  );
  const egress = createEgress({
    allowedHosts: settings.WEB_PUSH_HOSTS,
    allowPrivateAddresses: settings.DEVELOPMENT,
  });
  lifecycle.onStop('egress to push services', 'engines', () => egress.close(), DRAIN_MS);
  const { WEB_PUSH_KEY, WEB_PUSH_SUBJECT } = settings;
  const key =
    WEB_PUSH_KEY === undefined || WEB_PUSH_SUBJECT === undefined
      ? undefined
      : vapidKey(WEB_PUSH_KEY, WEB_PUSH_SUBJECT);
  const provider = providerPort(context);
  const port =
    key === undefined ? provider : new WebPushWake({ store: registrations, egress, key, metrics }, provider);
  const store = new WakesStore(postgres, clock);
  const dispatch = new WakeDispatch({ store, port, coordination, metrics, clock, logger });
  lifecycle.onStop('wakes', 'consumers', () => dispatch.stop(), DRAIN_MS);
  return {
    store,
    registrations,
    dispatch,
    desk: { postgres, store: registrations, coordination, egress, key },
  };
}

function providerPort({ settings, clock, logger, live, lifecycle }: FanoutContext): WakePort {
  const { WAKE_URL, WAKE_SECRET } = settings;
  if (WAKE_URL === 'log:' || WAKE_SECRET === undefined) return new LogWake(logger);
  const signer = live(fanoutSection, (values) => new Webhook(values.WAKE_SECRET ?? ''));
  const trust = live(fanoutSection, (values) => values.WAKE_CA);
  const egress = createEgress({
    allowedHosts: [new URL(WAKE_URL).host],
    // The operator's own address, which may well be in his own network.
    allowPrivateAddresses: true,
    ca: () => trust.current,
  });
  lifecycle.onStop('egress to the provider', 'engines', () => egress.close(), DRAIN_MS);
  return new WebhookWake(WAKE_URL, egress, signer, () => clock.now());
}
