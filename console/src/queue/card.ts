import type { Queue } from '../api/types'
import type { Connection } from '../live/connection'
import type { Words } from '../words/id'

/** Whether the next person can be taken now, and if not, why. The button never disappears. */
export type Card = { canTake: boolean; reason: string }

export function cardOf(queue: Queue | undefined, connection: Connection, w: Words): Card {
  if (connection === 'offline') return { canTake: false, reason: w.live.offline }
  if (!queue) return { canTake: false, reason: w.next.loading }
  switch (queue.reason) {
    case 'off_duty':
      return { canTake: false, reason: w.next.offDuty }
    case 'full':
      return { canTake: false, reason: w.next.full }
    case 'nobody_waits':
      return { canTake: false, reason: w.next.nobody }
    default:
      return { canTake: queue.may_take, reason: connection === 'stale' ? w.next.connecting : '' }
  }
}

export function countWaiting(queue: Queue | undefined): number {
  return queue?.levels.reduce((sum, each) => sum + each.waiting, 0) ?? 0
}
