// What a person at a terminal meets: questions, and how they can be answered.

import { expect, test } from '@jest/globals'
import { PassThrough } from 'node:stream'
import { InterruptedError } from '../../lib/cli/exit.ts'
import { ask, type Terminal } from '../../lib/cli/terminal.ts'

/** One at which somebody sits; what is said on standard error is kept. */
function terminalOfPerson() {
  const stdin = new PassThrough()
  const said = { error: '' }
  const terminal: Terminal = {
    stdin,
    writeOut: () => true,
    drained: async () => {},
    writeError: (text) => { said.error += text },
    onOutputLost: () => {},
    columns: 80,
    isInteractive: true,
    isWatched: true,
  }
  return { stdin, said, terminal }
}

test.each([
  ['y\r', true], ['Yes\r', true], ['n\r', false], ['\r', false], ['yep\r', false],
  ['\x04', false], ['', false],
])('%j is an answer', async (keys, isYes) => {
  const { stdin, said, terminal } = terminalOfPerson()
  const asked = ask(terminal, 'Delete orders?')
  if (keys === '') stdin.end()
  else stdin.write(keys)
  expect(await asked).toBe(isYes)
  expect(said.error).toContain('Delete orders? [y/N] ')
  expect(said.error).toMatch(/\n$/)
})

test('Ctrl-C at a question interrupts, and ends its line', async () => {
  const { stdin, said, terminal } = terminalOfPerson()
  const asked = ask(terminal, 'Delete orders?')
  stdin.write('y\x03')
  await expect(asked).rejects.toThrow(InterruptedError)
  expect(said.error).toMatch(/\n$/)
})
