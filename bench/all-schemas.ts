// Says what it costs to load every description of a message, in a process that does nothing else,
// and whether that compiles anything. `loading.ts` runs it.

let compiled = 0
const { Function: compile } = globalThis
globalThis.Function = new Proxy(compile, {
  construct(target, args: string[]) {
    compiled += 1
    return Reflect.construct(target, args) as object
  },
})

const startedMs = performance.now()
const [{ ALL_APIS }, records, { RECORD_TYPES }, { decodeMessage }] = await Promise.all([
  import('../protocol/messages/index.ts'),
  import('../protocol/messages/records/index.ts'),
  import('../controller/metadata-records.ts'),
  import('../protocol/compile.ts'),
])
const elapsedMs = performance.now() - startedMs

const compiledBefore = compiled
const api = ALL_APIS.find(({ name }) => name === 'Heartbeat')!
decodeMessage(api.response, 0, Buffer.alloc(16))
console.log(JSON.stringify({
  elapsedMs, compiledBefore, compiledAfter: compiled,
  schemas: 2 * ALL_APIS.length + Object.keys(RECORD_TYPES).length
    + Object.values(records).flat().length,
}))
