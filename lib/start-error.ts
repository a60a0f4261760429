// What keeps a node from starting and its user can mend: a bad setting, a taken port.

/** Its message is one line, to be printed as it stands: what is wrong, and what would do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
