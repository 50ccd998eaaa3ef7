/** An address without its resource (RFC 7622): the account, whichever of its clients is meant. */
export function bareOf(address: string): string {
  const slash = address.indexOf('/');
  return slash === -1 ? address : address.slice(0, slash);
}

/** The domain of an address. */
export function domainOf(address: string): string {
  const bare = bareOf(address);
  return bare.slice(bare.indexOf('@') + 1);
}
