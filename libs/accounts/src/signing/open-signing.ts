import type { Live } from '@causeway/lifecycle';
import type { ServiceContext } from '@causeway/runtime';
import { RemoteSigning, type RemoteSignerSettings } from './remote-signing.js';
import { RingSigners } from './ring-signers.js';
import { remoteSignerSection, tokenSigningSection } from './signing.settings.js';

const DRAIN_MS = 10_000;

/** Reads the ring and how to reach the remote signer, and reads them again when their files change. @throws ConfigError */
export function openSigning(
  context: Pick<ServiceContext, 'live' | 'lifecycle' | 'clock' | 'logger' | 'metrics'>,
): Live<RingSigners> {
  const remote = openRemote(context);
  return context.live(tokenSigningSection, ({ TOKEN_KEY_RING }) => new RingSigners(TOKEN_KEY_RING, remote));
}

function openRemote(context: Parameters<typeof openSigning>[0]): RemoteSigning | undefined {
  const { clock, logger, metrics, lifecycle } = context;
  const live = context.live(remoteSignerSection, (values): RemoteSignerSettings | undefined => {
    const { TOKEN_SIGNER_URL: address } = values;
    if (address === undefined) return undefined;
    return {
      url: address,
      bearer: values.TOKEN_SIGNER_BEARER,
      certificate: values.TOKEN_SIGNER_CERTIFICATE,
      privateKey: values.TOKEN_SIGNER_PRIVATE_KEY,
      ca: values.TOKEN_SIGNER_CA,
    };
  });
  const first = live.current;
  if (first === undefined) return undefined;
  const remote = new RemoteSigning({ settings: () => live.current ?? first, clock, logger, metrics });
  lifecycle.onStop('calls of the remote signer', 'engines', () => remote.close(), DRAIN_MS);
  return remote;
}
