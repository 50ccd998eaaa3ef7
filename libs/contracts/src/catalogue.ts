import { accountsErrors } from './accounts/index.js';
import { accountTopic } from './accounts/index.js';
import { downstreamTopic } from './downstream/index.js';
import { composeCatalogue } from './errors/index.js';
import { fanoutErrors } from './fanout/index.js';
import { keysErrors, keysTopic } from './keys/index.js';
import { mediaErrors } from './media/index.js';
import { platformErrors } from './platform-errors.js';
import { sessionErrors, sessionTopic } from './session/index.js';
import { upstreamTopic } from './upstream/index.js';
import { pushTopic, webhooksErrors } from './webhooks/index.js';

/** Every topic, in the order in which an event travels. */
export const topics = [
  accountTopic,
  upstreamTopic,
  downstreamTopic,
  sessionTopic,
  keysTopic,
  pushTopic,
] as const;

/** Every error code with its status, meaning and owner. */
export const errorCatalogue = composeCatalogue({
  platform: platformErrors,
  accounts: accountsErrors,
  keys: keysErrors,
  session: sessionErrors,
  fanout: fanoutErrors,
  media: mediaErrors,
  webhooks: webhooksErrors,
});
