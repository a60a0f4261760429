// Java programs and what they need: jars by Maven, sources by javac, once each.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ensureProgram, once } from './install.ts'
import { run } from './process.ts'

/** Flags for a process that is to be there soon and to stay small. */
export const SMALL_JVM: readonly string[] =
  ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** The jars of a Maven project and all it depends on; gives their class path. */
export async function jarsOf(name: string, pomFile: string): Promise<string> {
  await ensureProgram('java', 'default-jre-headless')
  await ensureProgram('mvn', 'maven')
  const directory = await once(name, readFileSync(pomFile, 'utf8'), async (target) => {
    const args = ['-q', '-B', '-f', pomFile, 'dependency:copy-dependencies',
      `-DoutputDirectory=${join(target, 'jars')}`]
    await run('mvn', args, { timeoutMs: 900_000 })
  })
  return join(directory, 'jars', '*')
}

/** Compiles Java sources against a class path; gives both as one class path. */
export async function javaProgram(
  name: string, jars: string, sources: readonly string[],
): Promise<string> {
  return `${await javaClasses(name, jars, sources)}:${jars}`
}

/** Compiles Java sources against a class path; gives the directory of what came of it. */
export async function javaClasses(
  name: string, jars: string, sources: readonly string[],
): Promise<string> {
  await ensureProgram('javac', 'default-jdk-headless')
  const texts = sources.map((file) => readFileSync(file, 'utf8'))
  const recipe = [...jarNames(jars), ...texts].join('\0')
  const directory = await once(name, recipe, async (target) => {
    const classes = join(target, 'classes')
    mkdirSync(classes, { recursive: true })
    const args = ['-nowarn', '-d', classes, '-cp', jars, ...sources]
    await run('javac', args, { timeoutMs: 180_000 })
  })
  return join(directory, 'classes')
}

/** Of each jar, its version included: the path alone does not tell when others lie there. */
function jarNames(classPath: string): string[] {
  return classPath.split(':').flatMap((entry) => (
    basename(entry) === '*' ? readdirSync(dirname(entry)).sort() : [basename(entry)]))
}
