// Codecs that were generated before the program began, by a message's name and version: a first
// start would spend a sixth of its time on generating them. Here are none; a bundle has those of
// `scripts/prepared-codecs.mjs` in the place of this file.

import type { Read, Write } from './generate.ts'

export const PREPARED_READERS: Readonly<Record<string, () => Read>> = {}
export const PREPARED_WRITERS: Readonly<Record<string, () => Write>> = {}
