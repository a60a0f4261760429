// Heartbeat (key 12): a member of a classic group lives, and hears of rebalances.
//
// Versions: 3 brings static members (KIP-345). While the group is being loaded the answer is NONE,
// so that nobody rejoins for that.

import { heartbeat } from '../../protocol/messages/heartbeat.ts'
import { handler } from '../server/handler.ts'

export const heartbeatHandler = handler(heartbeat,
  (request, _context, { groups }) => groups.heartbeat(request),
  { errorAnswer: (_request, _apiVersion, errorCode) => ({ errorCode }) })
