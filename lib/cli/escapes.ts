// What stands for characters that are hard to type: `\n`, `\x1e`.

const CHARACTERS: Readonly<Record<string, string>> = {
  n: '\n', r: '\r', t: '\t', 0: '\0', '\\': '\\',
}

/** The bytes of one escape as a whole; undefined for what is none. */
export function bytesOfEscape(text: string): Buffer | undefined {
  if (/^\\x[0-9a-fA-F]{2}$/.test(text)) return Buffer.from(text.slice(2), 'hex')
  const character = /^\\.$/su.test(text) ? CHARACTERS[text.slice(1)] : undefined
  return character === undefined ? undefined : Buffer.from(character)
}

/** The bytes of a text with escapes; what is none stays as it is. */
export function unescaped(text: string): Buffer {
  const parts = text.matchAll(/\\x[0-9a-fA-F]{2}|\\.|\\|[^\\]+/gsu)
  return Buffer.concat([...parts].map(([part]) => bytesOfEscape(part) ?? Buffer.from(part)))
}
