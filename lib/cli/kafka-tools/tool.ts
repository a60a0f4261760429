// What one of Kafka's tools is here: its options, what it does, and how it says that it could not.

import type { Session } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import type { Given, Grammar, OptionTable } from './options.ts'

export interface ToolSpec<T extends OptionTable> extends Grammar<T> {
  /** Gives an exit code, or nothing where all went well. */
  run(given: Given<T>, session: Session): Promise<number | void>
  /** What the real tool prints around the reason, and its exit code: standard error and 1. */
  readonly fail?: (reason: string, context: { session: Session, args: readonly string[] }) => number
  /** Which properties of clients count; `--command-config` alone if left out. */
  readonly clientProperties?: (given: Given<T>) => ReadonlyMap<string, string>
}

/** One without a broker. */
export interface LocalToolSpec {
  runLocal(args: readonly string[], terminal: Terminal): Promise<number>
}

/** A table of its own each; outside of the tool nobody asks for its options. */
export type Tool = ToolSpec<OptionTable> | LocalToolSpec

export function tool<T extends OptionTable>(spec: ToolSpec<T>): Tool {
  return spec as unknown as Tool
}

/** Cells as wide as Java's `%-15s` makes them, with a blank between. */
export function columns(widths: readonly number[], cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join(' ')
}
