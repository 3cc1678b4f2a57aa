import type { CaseDetail, Sign } from '../api/types'
import type { Words } from '../words/id'

export type Fact = { main: string; more: string }

/** The sign that says most: the most urgent, among those one with the person's own words, the latest. */
export function leadingSign(signs: readonly Sign[]): Sign | undefined {
  return [...signs].sort(
    (one, other) =>
      one.level.localeCompare(other.level) ||
      Number(other.words !== '') - Number(one.words !== '') ||
      other.at.localeCompare(one.at),
  )[0]
}

export function mayWrite(detail: CaseDetail, w: Words): Fact & { short: string } {
  const more = detail.safe_hours ? w.strip.hours(detail.safe_hours) : w.strip.noHours
  if (detail.may_contact_first === true) return { main: w.strip.first, short: w.strip.first, more }
  if (detail.may_contact_first === false) return { main: w.strip.notFirst, short: w.strip.notFirstShort, more }
  return { main: w.strip.unknownFirst, short: w.strip.unknownFirstShort, more }
}

/** Whether the time of the first reply has passed, and no person has answered since they wait. */
export function isLate(detail: CaseDetail, now: number): boolean {
  const isAnswered = detail.thread.some(
    (each) =>
      each.by === 'responder' && each.kind !== 'note' && Date.parse(each.at) >= Date.parse(detail.waiting_since),
  )
  return detail.status !== 'closed' && !isAnswered && Date.parse(detail.respond_by) < now
}

/** Who speaks at the moment: exactly one does. */
export function speaker(detail: CaseDetail, w: Words): Fact {
  if (detail.control === 'paused') return { main: w.strip.paused, more: w.strip.pausedNote }
  if (detail.status === 'closed' || detail.control === 'bot')
    return { main: w.strip.program, more: w.strip.programNote }
  if (detail.is_mine) return { main: w.strip.me, more: w.strip.meNote }
  if (detail.holder) return { main: detail.holder, more: w.strip.otherNote }
  return { main: w.strip.nobody, more: w.strip.nobodyNote }
}
