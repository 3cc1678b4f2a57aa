import type { CaseDetail, Message, Sign } from '../api/types'
import { isSameDay } from '../words/time'

/** What a thread shows, top to bottom. */
export type Item =
  | { kind: 'day'; at: string; key: string }
  | { kind: 'unread'; count: number; key: string }
  | { kind: 'event'; message: Message; key: string }
  | { kind: 'note'; message: Message; key: string }
  | { kind: 'bubble'; message: Message; key: string; showsDelivery: boolean }

/** The messages in order of `seq`, each once; of two with the same `seq` the later one told stays. */
export function inOrder(messages: readonly Message[]): Message[] {
  const bySeq = new Map<number, Message>()
  for (const message of messages) bySeq.set(message.seq, message)
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq)
}

/** The case with one more message; one it has already is replaced, and nothing else changes. */
export function addMessage(detail: CaseDetail, message: Message): CaseDetail {
  return {
    ...detail,
    thread: inOrder([...detail.thread, message]),
    last_seq: Math.max(detail.last_seq, message.seq),
  }
}

/** The number of the contact's last message; 0 before the first. */
export function lastInbound(messages: readonly Message[]): number {
  return messages.reduce((last, each) => (each.by === 'contact' ? Math.max(last, each.seq) : last), 0)
}

/** How many messages the contact wrote after `seen`. */
export function countUnseen(messages: readonly Message[], seen: number): number {
  return messages.filter((each) => each.by === 'contact' && each.seq > seen).length
}

/**
 * The thread as shown. The divider stands before the contact's first message after `seen`. Delivery is told under the last of a
 * run of our own bubbles, and under every one that is not simply on its way or there.
 */
export function itemsOf(messages: readonly Message[], seen: number): Item[] {
  const ordered = inOrder(messages)
  const unseen = countUnseen(ordered, seen)
  const items: Item[] = []
  let isDivided = false
  let previous: Message | undefined
  ordered.forEach((message, index) => {
    if (!previous || !isSameDay(previous.at, message.at))
      items.push({ kind: 'day', at: message.at, key: `day-${message.seq}` })
    if (unseen > 0 && !isDivided && message.by === 'contact' && message.seq > seen) {
      items.push({ kind: 'unread', count: unseen, key: 'unread' })
      isDivided = true
    }
    items.push(itemOf(message, ordered[index + 1]))
    previous = message
  })
  return items
}

function itemOf(message: Message, next: Message | undefined): Item {
  const key = `m-${message.seq}`
  if (message.kind === 'event') return { kind: 'event', message, key }
  if (message.kind === 'note') return { kind: 'note', message, key }
  const isRunGoingOn = next !== undefined && next.by === message.by && next.kind !== 'event' && next.kind !== 'note'
  const needsEyes = message.delivery === 'failed' || message.delivery === 'unknown'
  const showsDelivery = Boolean(message.delivery) && (needsEyes || (message.by === 'responder' && !isRunGoingOn))
  return { kind: 'bubble', message, key, showsDelivery }
}

export type Piece = { text: string; isQuoted: boolean }

/** A message's text cut where signs quote it, so that the words they rest on can be marked. Case is ignored, words kept as written. */
export function quotedPieces(text: string, quotes: readonly string[]): Piece[] {
  const lower = text.toLowerCase()
  const spans = quotes
    .filter((quote) => quote.trim().length > 1)
    .map((quote) => [lower.indexOf(quote.toLowerCase()), quote.length] as const)
    .filter(([start]) => start >= 0)
    .sort((one, other) => one[0] - other[0])
  const pieces: Piece[] = []
  let at = 0
  for (const [start, length] of spans) {
    if (start < at) continue
    if (start > at) pieces.push({ text: text.slice(at, start), isQuoted: false })
    pieces.push({ text: text.slice(start, start + length), isQuoted: true })
    at = start + length
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isQuoted: false })
  return pieces
}

export function quotesBySeq(signs: readonly Sign[]): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const sign of signs) {
    if (sign.seq === null || !sign.words) continue
    // Words that stand apart in the message come joined by an ellipsis.
    const apart = sign.words.split('…').map((each) => each.trim())
    found.set(sign.seq, [...(found.get(sign.seq) ?? []), ...apart])
  }
  return found
}
