import { errors, type ResourceServer, type TokenEndpointGrantContext } from 'oidc-provider';
import { GRANT_TYPE, isUserName } from './development-client.js';

/** Parameters of the development grant. */
export interface DevelopmentGrantParameters {
  username?: string;
}

/**
 * @param identifier the API that tokens are for
 * @param resource how its tokens look
 * @returns the handler of the development grant: it asks for no proof, so it must never leave a developer's machine
 */
export function developmentGrant(identifier: string, resource: ResourceServer) {
  return async (context: TokenEndpointGrantContext<DevelopmentGrantParameters>): Promise<void> => {
    const { client, params, provider } = context.oidc;
    const username = params.username ?? '';
    if (!isUserName(username)) throw new errors.InvalidGrant('username is missing');
    const grant = new provider.Grant({ accountId: username, clientId: client.clientId });
    const grantId = await grant.save();
    const token = new provider.AccessToken({
      accountId: username,
      client,
      grantId,
      gty: GRANT_TYPE,
      scope: '',
    });
    token.resourceServer = { ...resource, scopes: new Set<string>(), identifier: () => identifier };
    const value = await token.save();
    context.body = { access_token: value, token_type: 'Bearer', expires_in: token.expiration };
  };
}
