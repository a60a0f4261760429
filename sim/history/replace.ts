// How a rule of the broker is broken: another method in the place of its own.

export function replace(prototype: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(prototype, name, { ...descriptor, configurable: true })
}
