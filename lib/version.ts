// The version of this build, which the bundler writes in; a tree that runs unbuilt has none.

declare const SAMSA_VERSION: string | undefined

export const VERSION = typeof SAMSA_VERSION === 'undefined' ? 'unbuilt' : SAMSA_VERSION
