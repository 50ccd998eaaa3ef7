import type { Job } from './job.js';
import { mediaUploads } from './media.js';
import { optIns, slowOptIns } from './opt-in.js';
import { preKeyUploads } from './prekeys.js';
import { wakes } from './wake.js';

/** What services do beside the messages, with the points at which they are killed. */
export const jobs: readonly Job[] = [...optIns, ...preKeyUploads, ...mediaUploads, ...wakes];

/** Those that take long to go on: begun before all others, and ended after them. */
export const slowJobs: readonly Job[] = slowOptIns;

const short = [
  'accounts.outbox.read',
  'keys.outbox.published',
  'media.upload.completed',
  'webhooks.push.recorded',
];

/** One for each service. */
export const oneForEachService: readonly Job[] = jobs.filter(({ name }) => short.includes(name));
