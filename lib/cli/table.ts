// Tables of text: columns as wide as they need, and no wider than the terminal lets them.

export type Cell = string | number | null | undefined

const GAP = '  '
const LEAST_WIDTH = 8
const ELLIPSIS = '…'

/**
 * Lines of a table. Numbers stand to the right. Where the lines would be longer than `width`, the
 * widest columns of text give way.
 */
export function tableLines(
  titles: readonly string[], rows: readonly (readonly Cell[])[], width = Infinity,
): string[] {
  const texts = rows.map((row) => titles.map((_, column) => textOf(row[column])))
  const isNumeric = titles.map((_, column) => rows.length > 0 && rows.every((row) => (
    typeof row[column] === 'number' || isNothing(row[column])
  )) && rows.some((row) => typeof row[column] === 'number'))
  const widths = titles.map((title, column) => Math.max(
    lengthOf(title), ...texts.map((row) => lengthOf(row[column]!)),
  ))
  shrink(widths, isNumeric, titles, width)
  const lineOf = (cells: readonly string[]): string => cells.map((cell, column) => {
    const fitted = fit(cell, widths[column]!)
    const blanks = ' '.repeat(widths[column]! - lengthOf(fitted))
    return isNumeric[column] === true ? blanks + fitted : fitted + blanks
  }).join(GAP).trimEnd()
  return [lineOf(titles), ...texts.map(lineOf)]
}

function isNothing(cell: Cell): boolean {
  return cell === null || cell === undefined
}

function textOf(cell: Cell): string {
  return isNothing(cell) ? '-' : oneLine(String(cell))
}

/** What would break the line, or speak to the terminal, is shown as an escape. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => (
    ESCAPES.get(character) ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  ))
}

const ESCAPES: ReadonlyMap<string, string> = new Map([['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t']])

function lengthOf(text: string): number {
  return [...text].length
}

function fit(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : characters.slice(0, width - 1).join('') + ELLIPSIS
}

function shrink(
  widths: number[], isNumeric: readonly boolean[], titles: readonly string[], width: number,
): void {
  const gaps = GAP.length * (widths.length - 1)
  const total = (): number => widths.reduce((sum, one) => sum + one, gaps)
  while (total() > width) {
    const least = (column: number): number => Math.max(LEAST_WIDTH, lengthOf(titles[column]!))
    const [widest] = [...widths.keys()]
      .filter((column) => isNumeric[column] !== true && widths[column]! > least(column))
      .sort((a, b) => widths[b]! - widths[a]!)
    if (widest === undefined) return
    widths[widest] = widths[widest]! - 1
  }
}
