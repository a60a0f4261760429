// What a client may do with a resource, as a bit field (KIP-430). Nobody is refused anything yet,
// so it is all that the kind of resource knows.

/** The numbers of AclOperation. */
const READ = 3, WRITE = 4, CREATE = 5, DELETE = 6, ALTER = 7, DESCRIBE = 8, CLUSTER_ACTION = 9
const DESCRIBE_CONFIGS = 10, ALTER_CONFIGS = 11, IDEMPOTENT_WRITE = 12

export const TOPIC_OPERATIONS = bits(
  READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS)
export const CLUSTER_OPERATIONS = bits(
  CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE)
export const GROUP_OPERATIONS = bits(READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS)

/** "Was not asked for." */
export const NOT_ASKED = -2147483648

function bits(...operations: readonly number[]): number {
  return operations.reduce((all, operation) => all | 1 << operation, 0)
}
