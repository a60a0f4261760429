// A start of the broker that the build tries, until a client has its first answers: what V8 has
// compiled by then is kept. `FILE DIRECTORY`: the bundle with the start, and where data may lie.

import { connect } from 'node:net'
import { CompiledModule } from '../lib/cli/compiled.ts'

const [file, directory] = process.argv.slice(2)
const compiled = new CompiledModule(file)
const PORT = /PLAINTEXT:\/\/127\.0\.0\.1:(\d+)/

process.stdout.write = (ready) => {
  const socket = connect(Number(PORT.exec(ready)[1]), '127.0.0.1')
  // ApiVersions, in the version that every broker has.
  socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]))
  socket.once('data', () => {
    socket.destroy()
    compiled.save()
    process.kill(process.pid, 'SIGTERM')
  })
  return true
}

process.exit(await compiled.exports.start({
  overrides: ['listeners=PLAINTEXT://127.0.0.1:0', `log.dirs=${directory}`],
  logFormat: 'text', logLevel: 'error',
}))
