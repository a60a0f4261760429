// What `samsa` says when it is asked nothing: all of it on one screen.

import { VERSION } from '../version.ts'

export const INTRODUCTION = `Samsa ${VERSION}: a Kafka broker, and a command line for any Kafka.

Run a broker
  samsa start                      on localhost:9092, data in ./samsa-data
  samsa start server.properties    with settings from a file, as Kafka has them
  samsa format --cluster-id ID     prepare empty log directories

Use a cluster (--bootstrap HOST:PORT; localhost:9092 where it is left out)
  samsa topics list | describe | create | alter | delete
  samsa produce TOPIC [FILE..]     lines are records; keys, headers, JSON
  samsa consume TOPIC..            from an offset or a time, for a group
  samsa groups list | describe | lag | members | reset | delete
  samsa configs get | set | unset | explain
  samsa transactions list | describe | abort
  samsa records delete TOPIC       what is before an offset or a time
  samsa log dump FILE..            any file of a data directory, decoded
  samsa quorum                     who leads the metadata, and who is behind
  samsa doctor HOST:PORT           can a client work? names the wrong setting
  samsa bench                      how fast it takes and gives records
  samsa completion                 a script for your shell: >> ~/.bashrc

  samsa COMMAND --help says more; --json gives JSON, everywhere.
  Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 no broker answers.
`

export const COMPLETION_HELP = `samsa completion: a script that lets your shell complete commands

  samsa completion >> ~/.bashrc    for bash
  samsa completion >> ~/.zshrc     for zsh
`
