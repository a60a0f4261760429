// What `samsa` says when it is asked nothing: all of it on one screen.

import { VERSION } from '../version.ts'

export const INTRODUCTION = `Samsa ${VERSION}: a Kafka broker, and a command line for any Kafka.

Run a broker
  samsa start                      on localhost:9092, data in ./samsa-data
  samsa start server.properties    with settings from a file, as Kafka has them
  samsa format --cluster-id ID     prepare empty log directories

Use a cluster (--bootstrap HOST:PORT; localhost:9092 where it is left out)
  samsa topics list | describe | create | alter | delete

  samsa COMMAND --help says more. --json gives JSON, everywhere.
  Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 no broker answers.
`
