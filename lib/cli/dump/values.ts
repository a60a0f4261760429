// Decoded values as what JSON can hold, and as text of one line.

/** Bytes become text where they are UTF-8, else base 64 with its name. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
    const text = bytes.toString('utf8')
    const isText = Buffer.from(text).equals(bytes) && !/[\u0000-\u0008\u000e-\u001f]/.test(text)
    return isText ? text : { base64: bytes.toString('base64') }
  }
  if (Array.isArray(value)) return value.map(plain)
  if (value === Infinity) return 'Infinity'
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

export function oneLineOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(plain(value))
}
