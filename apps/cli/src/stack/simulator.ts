import { startSimulator, type Simulator, type SimulatorOptions } from '@causeway/gatekeeper-sim';
import { formatProfile, loadProfile, resolveProfile, type ProfileOverrides } from '@causeway/profiles';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackPorts } from './ports.js';
import { serviceUrl } from './environments.js';

const INTEGRATOR = 7;
const TOKEN_AUDIENCE = 'causeway-simulator';

/** Who keeps undelivered messages in a stack. */
export type Custody = 'gatekeeper' | 'provider';

/** Starts the gatekeeper simulator, with the stack as its partner. Refuses NODE_ENV=production. */
export function startStackSimulator(
  ports: StackPorts,
  rootKey: string,
  environment: Readonly<Record<string, string | undefined>>,
  limits: SimulatorOptions['limits'] = {},
): Promise<Simulator> {
  return startSimulator({
    limits,
    integrator: INTEGRATOR,
    ports: { http: ports.simulator, chat: ports.chat },
    rootKey: Buffer.from(rootKey, 'base64'),
    environment,
    partner: {
      jwksUrl: `${serviceUrl(ports, 'webhooks')}/.well-known/oauth/openid/jwks`,
      issuer: serviceUrl(ports, 'webhooks'),
      audience: TOKEN_AUDIENCE,
      pushBase: `${serviceUrl(ports, 'webhooks')}/simulator`,
      mediaBase: `${serviceUrl(ports, 'media')}/v1/media`,
    },
  });
}

/**
 * Writes the profile with which the services reach the simulator.
 * @param template the profile file of the repository, whose addresses are unset
 * @returns the profile's name
 */
export async function writeSimulatorProfile(
  template: string,
  folder: string,
  ports: StackPorts,
  simulator: Pick<Simulator, 'endpoints' | 'rootPublicKey'>,
  custody: Custody,
): Promise<string> {
  const { endpoints, rootPublicKey } = simulator;
  const hosts = [...new Set([endpoints.chat, endpoints.enlistment].map((url) => new URL(url).host))];
  const draft = await loadProfile(template);
  const overrides: ProfileOverrides = {
    custody,
    wire: { url: endpoints.chat, rootPublicKey },
    enlistment: { url: endpoints.enlistment },
    token: { issuer: serviceUrl(ports, 'webhooks'), audience: TOKEN_AUDIENCE },
    push: { issuer: endpoints.pushIssuer, jwksUrl: endpoints.jwks, audience: serviceUrl(ports, 'webhooks') },
    media: { downloadBase: endpoints.media, downloadHosts: hosts },
    egress: { hosts },
  };
  const profile = resolveProfile(draft, overrides);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${profile.id}.yaml`), formatProfile(profile));
  return profile.id;
}
