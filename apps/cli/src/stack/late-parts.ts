/**
 * The parts of a stack that need no code before PostgreSQL runs. To load theirs takes about as long as PostgreSQL takes
 * to start, which is a process of its own: so the two go on at the same time.
 */
export async function loadLateParts() {
  const { startServices } = await import('./services.js');
  const { openGatekeeper } = await import('./gatekeeper.js');
  const { startIdentityProvider } = await import('../identity-provider/identity-provider.js');
  return { startServices, openGatekeeper, startIdentityProvider };
}

export type LateParts = Awaited<ReturnType<typeof loadLateParts>>;
