import { accountsErrors } from './accounts/index.js';
import { accountTopic } from './accounts/index.js';
import { downstreamTopic } from './downstream/index.js';
import { composeCatalogue } from './errors/index.js';
import { fanoutErrors } from './fanout/index.js';
import { keysErrors, keysTopic } from './keys/index.js';
import { mediaErrors } from './media/index.js';
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

/** Every error code of the services with its status, meaning and owner; the HTTP layer adds those it answers with itself. */
export const errorCatalogue = composeCatalogue({
  accounts: accountsErrors,
  keys: keysErrors,
  session: sessionErrors,
  fanout: fanoutErrors,
  media: mediaErrors,
  webhooks: webhooksErrors,
});
