// What Java takes for an IP address without asking a name server.

/** IPv4 in one to four decimal parts, the last of which fills what is left; IPv6, with a scope. */
export function isIpAddress(text: string): boolean {
  const isBracketed = text.startsWith('[') && text.endsWith(']')
  const address = isBracketed ? text.slice(1, -1) : text
  return address.includes(':') ? isIpv6(address) : !isBracketed && isIpv4(address)
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every((part) => /^\d{1,10}$/.test(part))) return false
  const last = parts.length - 1
  return parts.every((part, i) => Number(part) < (i === last ? 256 ** (4 - last) : 256))
}

function isIpv6(text: string): boolean {
  const [address = '', scope] = text.split('%', 2)
  if (scope === '') return false
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => half === '' ? [] : half.split(':'))
  // The last 32 bits may be written as IPv4.
  const embedded = groups.at(-1)?.includes('.') === true ? groups.pop() : undefined
  if (embedded !== undefined && !(isIpv4(embedded) && embedded.split('.').length === 4)) {
    return false
  }
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  const count = groups.length + (embedded === undefined ? 0 : 2)
  return halves.length === 2 ? count < 8 : count === 8
}
