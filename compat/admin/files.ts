// The files that commands of the transcript name: `@moves` is the path of the file of that name.

export const FILES: Readonly<Record<string, unknown>> = {
  topics: { version: 1, topics: [{ topic: 'moved' }] },
  moves: {
    version: 1,
    partitions: [
      { topic: 'moved', partition: 0, replicas: [1] },
      { topic: 'moved', partition: 1, replicas: [1] },
    ],
  },
  'moves-to-nowhere': { version: 1, partitions: [{ topic: 'moved', partition: 0, replicas: [7] }] },
  'moves-of-nothing': { version: 1, partitions: [{ topic: 'none', partition: 0, replicas: [1] }] },
  elections: { partitions: [{ topic: 'elected', partition: 0 }] },
}
