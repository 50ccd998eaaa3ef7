import { z } from 'zod';
import { GatekeeperId } from '../ids/index.js';

/** Where the gatekeeper fetches the keys that verify our users' tokens. */
export const JWKS_PATH = '/.well-known/oauth/openid/jwks';
export const DISCOVERY_PATH = '/.well-known/openid-configuration';

/** `POST /{gatekeeper}/push`: the gatekeeper has something for a user who is not connected. */
export const PushPath = z.object({ gatekeeper: GatekeeperId });
export const PushRequest = z.object({ to: z.string().min(1).max(320) });
