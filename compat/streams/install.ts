// Brings Kafka Streams, and compiles the program that counts words with it.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureProgram, jarsOf, once } from '../harness/install.ts'
import { run } from '../harness/process.ts'

const SOURCE = 'compat/streams/WordCount.java'
const POM = 'compat/streams/pom.xml'

/** Gives the class path of `WordCount`. */
export async function installStreams(): Promise<string> {
  const jars = await jarsOf('streams', POM)
  await ensureProgram('javac', 'default-jdk-headless')
  const recipe = [SOURCE, POM].map((file) => readFileSync(file, 'utf8')).join('\0')
  const directory = await once('streams-program', recipe, async (target) => {
    const classes = join(target, 'classes')
    mkdirSync(classes, { recursive: true })
    await run('javac', ['-nowarn', '-d', classes, '-cp', jars, SOURCE])
  })
  return `${join(directory, 'classes')}:${jars}`
}
