import { erasures } from './erasure.js';
import type { Job } from './job.js';
import { mediaUploads } from './media.js';
import { optIns } from './opt-in.js';
import { preKeyUploads } from './prekeys.js';
import { wakes } from './wake.js';

/** What services do beside the messages, with the points at which they are killed. */
export const jobs: readonly Job[] = [...preKeyUploads, ...mediaUploads, ...wakes];

/** Those that take long to go on: begun before all others, and ended after them. */
export const slowJobs: readonly Job[] = [...optIns, ...erasures];

const short = [
  'accounts.opt-in.committed',
  'keys.outbox.published',
  'media.upload.completed',
  'webhooks.push.recorded',
];

/** @returns one for each service. */
export const oneForEachService = (all: readonly Job[]): readonly Job[] =>
  all.filter(({ name }) => short.includes(name));
