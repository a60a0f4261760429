// Every API the node serves, one line each. ApiVersions answers from this list, so leaving a line
// out hides an API.

import type { Handler } from '../server/handler.ts'

export const handlers: readonly Handler[] = []
