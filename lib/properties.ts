// Java's properties files, read as `java.util.Properties` does: escapes, continuations, comments.

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

/** A `\u` that is not followed by four hexadecimal digits: Java refuses the whole file. */
export class PropertiesError extends Error {}

/**
 * Reads a properties file. Of a key given twice the last value counts; a key alone has an empty
 * one.
 * Throws PropertiesError, naming the line.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const { content, lineNumber } of logicalLines(text)) {
    const keyEnd = endOfKey(content)
    const key = unescape(content.slice(0, keyEnd), lineNumber)
    const value = unescape(content.slice(startOfValue(content, keyEnd)), lineNumber)
    properties.set(key, value)
  }
  return properties
}

interface LogicalLine {
  readonly content: string
  /** Of its first natural line, from 1. */
  readonly lineNumber: number
}

/** Joins continued lines and leaves out blank ones and comments. A comment is never continued. */
function* logicalLines(text: string): Generator<LogicalLine> {
  const lines = text.replace(/^(\uFEFF|\u00EF\u00BB\u00BF)/, '').split(/\r\n|\n|\r/)
  for (let index = 0; index < lines.length; index += 1) {
    const lineNumber = index + 1
    let content = trimStart(lines[index]!)
    if (content === '' || content.startsWith('#') || content.startsWith('!')) continue
    // A backslash alone continues nothing: what follows is a line of its own.
    if (content === '\\') continue
    while (isContinued(content) && index + 1 < lines.length) {
      index += 1
      content = content.slice(0, -1) + trimStart(lines[index]!)
    }
    // A lone backslash at the very end of the file continues into nothing.
    if (isContinued(content)) content = content.slice(0, -1)
    yield { content, lineNumber }
  }
}

/** Java's white space here is blank, tab and form feed alone. */
function trimStart(line: string): string {
  return line.replace(/^[ \t\f]+/, '')
}

/** Whether a line ends in an odd number of backslashes. */
function isContinued(line: string): boolean {
  return (/\\*$/.exec(line)?.[0].length ?? 0) % 2 === 1
}

/** The key ends before the first `=`, `:` or white space that no backslash precedes. */
function endOfKey(line: string): number {
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1
    else if ('=: \t\f'.includes(line[at]!)) return at
  }
  return line.length
}

/** White space, one `=` or `:` at most, and white space again lie between key and value. */
function startOfValue(line: string, keyEnd: number): number {
  return keyEnd + (/^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(keyEnd))?.[0].length ?? 0)
}

function unescape(text: string, lineNumber: number): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(u([0-9a-fA-F]{4})?|.)/gs, (_, escaped: string, hex?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (escaped === 'u') {
      throw new PropertiesError(`line ${lineNumber}: \\u must precede four hexadecimal digits`)
    }
    return ESCAPES[escaped] ?? escaped
  })
}
