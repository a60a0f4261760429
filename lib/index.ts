// Samsa as a library: a broker inside a process, a test's for instance.
//
//   const node = new Node(parseConfig(properties, console.warn), systemWorld())
//   await node.start()

export { DEVELOPMENT, parseConfig, type Config } from './config.ts'
export { Node } from './node.ts'
export { StartError } from './start-error.ts'
export { VERSION } from './version.ts'
export { createLogger, silentLogger, type LoggerOptions } from './world/logger.ts'
export { systemWorld } from './world/system.ts'
export type { World } from './world/world.ts'
