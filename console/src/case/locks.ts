import type { CaseDetail, Me } from '../api/types'
import type { Connection } from '../live/connection'
import { countUnseen, lastInbound } from './items'

export const LONGEST = 4000

/** Why nothing can be sent, one reason at a time, and what unlocks it. */
export type Lock =
  | { why: 'closed' | 'blocked' | 'stopped' | 'unsafe'; action: 'note' | 'none' }
  | { why: 'window'; knock: CaseDetail['knock']; action: 'knock' | 'note' }
  | { why: 'leaseLost' | 'released'; action: 'claim' | 'none' }
  | { why: 'otherHolder'; name: string; action: 'note' | 'none' }
  | { why: 'offline' | 'stale'; action: 'none' }
  | { why: 'behind'; count: number; action: 'read' | 'none' }

export type Situation = {
  detail: CaseDetail
  me: Me
  connection: Connection
  /** The number of the contact's last message that the responder has read. */
  seen: number
  /** What the server said the contact's last is, where it refused a reply for that; 0 for nothing. */
  toldLast: number
  /** Whether this console held the case before: then its loss is a surprise to be told. */
  heldBefore: boolean
}

/** What locks a reply; null when it can be sent. What lasts comes before what passes: only one reason is ever shown. */
export function replyLock(situation: Situation): Lock | null {
  const { detail, me, connection, seen, toldLast, heldBefore } = situation
  if (detail.status === 'closed') return { why: 'closed', action: 'none' }
  if (!detail.is_mine) {
    if (detail.holder && detail.status === 'active')
      return { why: 'otherHolder', name: detail.holder, action: maySupervise(me) ? 'note' : 'none' }
    return { why: heldBefore ? 'leaseLost' : 'released', action: me.is_on_duty ? 'claim' : 'none' }
  }
  if (detail.lock === 'contact_blocked') return { why: 'blocked', action: 'note' }
  if (detail.lock === 'contact_stopped') return { why: 'stopped', action: 'note' }
  if (detail.lock === 'unsafe') return { why: 'unsafe', action: 'note' }
  if (detail.lock === 'window_closed')
    return { why: 'window', knock: detail.knock, action: detail.knock === 'possible' ? 'knock' : 'note' }
  if (connection === 'offline' || connection === 'stale') return { why: connection, action: 'none' }
  if (toldLast > lastInbound(detail.thread)) return { why: 'behind', count: 0, action: 'none' }
  const count = countUnseen(detail.thread, seen)
  return count > 0 ? { why: 'behind', count, action: 'read' } : null
}

/** What locks a note: less, for it goes to nobody outside. */
export function noteLock(situation: Situation): Lock | null {
  const lock = replyLock(situation)
  if (lock === null) return null
  if (lock.why === 'closed' || lock.why === 'offline') return lock
  if (!situation.detail.is_mine && !maySupervise(situation.me)) return lock
  return situation.connection === 'offline' ? { why: 'offline', action: 'none' } : null
}

/**
 * What counts as read now. While nothing is being written and the page is in front, all that is shown is read; a draft is
 * written against what stood there, so with one the number stays until the responder says so.
 */
export function seenNow(seen: number | null, detail: CaseDetail, draft: string, isInFront: boolean): number {
  const last = lastInbound(detail.thread)
  if (seen === null) return last
  return draft.trim() === '' && isInFront ? Math.max(seen, last) : seen
}

function maySupervise(me: Me): boolean {
  return me.person.roles.includes('supervisor')
}
