// What the settings of single listeners are called.

const LISTENER_PREFIX = /^listener\.name\.[^.]*\./

/** What a setting of one listener is called where all have it. */
export function baseName(name: string): string {
  return name.replace(LISTENER_PREFIX, '')
}

/** What the settings of one listener begin with. */
export function listenerPrefix(listenerName: string): string {
  return `listener.name.${listenerName.toLowerCase()}.`
}
