import { z } from 'zod';

const base = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

/** Where the provider's services listen; base URLs without a path of the contracts. */
export const Endpoints = z.object({ accounts: base, keys: base, fanout: base, media: base });
export type Endpoints = z.infer<typeof Endpoints>;
