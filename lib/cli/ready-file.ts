// The file that tells others on this machine when a node is ready, and where it listens.

import { rmSync, writeFileSync } from 'node:fs'
import type { Logger } from '../../storage/ports.ts'
import type { Config } from '../config.ts'
import type { Node } from '../node.ts'
import { reasonOf } from '../start-error.ts'

/** Is not there while the node is not ready; of one that was killed it goes at the next start. */
export class ReadyFile {
  readonly #path: string | undefined
  readonly #logger: Logger

  /** Does nothing where there is no path. */
  constructor(path: string | undefined, logger: Logger) {
    this.#path = path
    this.#logger = logger
    this.remove()
  }

  /** A line for each listener whose bytes are plain, reachable from this machine: `host port`. */
  write(node: Node, config: Config): void {
    this.#try((path) => writeFileSync(path, addressesOf(node, config)))
  }

  remove(): void {
    this.#try((path) => rmSync(path, { force: true }))
  }

  /** A node serves its clients all the same. */
  #try(use: (path: string) => void): void {
    if (this.#path === undefined) return
    try {
      use(this.#path)
    } catch (error) {
      this.#logger.error(`--ready-file ${this.#path}: cannot be used: ${reasonOf(error)}`)
    }
  }
}

function addressesOf(node: Node, { brokerListeners }: Config): string {
  return brokerListeners
    .filter(({ securityProtocol }) => securityProtocol === 'PLAINTEXT')
    .map(({ name, host, port }) => {
      // What port 0 has become, the node alone knows.
      const bound = node.listeners.find((listener) => listener.name === name)?.port ?? port
      const local = ['', '0.0.0.0', '::'].includes(host) ? 'localhost' : host
      return `${local} ${port === 0 ? bound : port}\n`
    })
    .join('')
}
