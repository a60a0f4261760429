// The assignor `uniform`: members own as many partitions as each other, or one more, and keep as
// many as they can of those that they had.

import { assignHeterogeneous } from './uniform-heterogeneous.ts'
import { assignHomogeneous } from './uniform-homogeneous.ts'
import type { Assignor, GroupSpec } from './spec.ts'

export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign(spec: GroupSpec) {
    if (spec.members.size === 0) return new Map()
    return spec.isHomogeneous ? assignHomogeneous(spec) : assignHeterogeneous(spec)
  },
}
