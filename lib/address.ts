// Addresses of the network: how they are written, and what a person makes of one that cannot be
// listened on.

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, as people write it; addresses of IPv6 stand in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** By the error's code; see `reasonOf`. */
export const ADDRESS_REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another process listens on this port'],
  ['EACCES', 'this user may not listen on this port'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['ENOTFOUND', 'no such host is known'],
  ['EAI_AGAIN', 'no such host is known'],
])
