// Brings Kafka Streams, and compiles the program that counts words with it.

import { jarsOf, javaProgram } from '../harness/java.ts'

/** Gives the class path of `WordCount`. */
export async function installStreams(): Promise<string> {
  const jars = await jarsOf('streams', 'compat/streams/pom.xml')
  return javaProgram('streams-program', jars, ['compat/streams/WordCount.java'])
}
