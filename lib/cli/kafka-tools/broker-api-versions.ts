// `kafka-broker-api-versions`: what each broker serves, and which version of it is spoken here.

import { ALL_APIS } from '../../../protocol/messages/index.ts'
import { addressText } from '../../address.ts'
import type { Connection } from '../../client/connection.ts'
import { CONNECTION } from './options.ts'
import { tool } from './tool.ts'

const CLIENT_APIS = ALL_APIS.filter(({ listeners }) => listeners.includes('broker'))

function apiLine(key: number, connection: Connection): string {
  const served = connection.versions.get(key)
  const api = ALL_APIS.find((one) => one.key === key)
  const name = `${api?.name ?? 'UNKNOWN'}(${key}): `
  if (served === undefined) return `${name}UNSUPPORTED`
  const usable = api === undefined ? undefined : connection.versionOf(api)
  return name + range(served.minVersion, served.maxVersion)
    + (usable === undefined ? '' : ` [usable: ${usable}]`)
}

const range = (first: number, last: number): string => (
  first === last ? String(first) : `${first} to ${last}`)

export const command = tool({
  options: CONNECTION,
  async run(_, { client, output }) {
    const { brokers } = await client.cluster({ topics: [] })
    for (const broker of brokers.values()) {
      const connection = await client.broker(broker.id)
      const keys = new Set([...connection.versions.keys(), ...CLIENT_APIS.map(({ key }) => key)])
      const lines = [...keys].sort((a, b) => a - b).map((key) => `\t${apiLine(key, connection)}`)
      output.line(`${addressText(broker)} (id: ${broker.id} rack: ${broker.rack ?? 'null'} `
        + `isFenced: false) -> (\n${lines.join(',\n')}\n)`)
    }
  },
})
