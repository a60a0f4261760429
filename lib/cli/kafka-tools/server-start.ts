// `kafka-server-start`: `samsa start` with a file of settings.

import { FAILED } from '../exit.ts'
import { start } from '../start.ts'
import type { LocalToolSpec } from './tool.ts'

const USAGE = 'USAGE: kafka-server-start.sh server.properties [--override property=value]*\n'

export const command: LocalToolSpec = {
  async runLocal([file, ...rest], terminal) {
    const overrides = rest.filter((_, index) => index % 2 === 1)
    const isWritten = rest.length % 2 === 0
      && rest.every((word, index) => index % 2 === 1 || word === '--override')
    if (file === undefined || file.startsWith('-') || !isWritten) {
      terminal.writeError(USAGE)
      return FAILED
    }
    return start({ file, overrides, logFormat: 'text', logLevel: 'info' })
  },
}
