import { Button } from '@mantine/core'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useSendAgain } from '../api/queries'
import type { CaseDetail, Me, Message } from '../api/types'
import { CopyButton } from '../look/CopyButton'
import { Faulty } from '../look/Faulty'
import { Icon, type IconName } from '../look/icons'
import { useWords } from '../words/language'
import { clock, day } from '../words/time'
import { type Item, itemsOf, type Piece, quotedPieces, quotesBySeq } from './items'

const NEAR_END_PX = 80

/** All that was said, oldest above. It stays at the end while one is there, and does not move under who reads further up. */
export function Thread({ detail, seen, me }: { detail: CaseDetail; seen: number | null; me: Me }) {
  const { w, language } = useWords()
  const items = useMemo(() => itemsOf(detail.thread, seen ?? Number.MAX_SAFE_INTEGER), [detail.thread, seen])
  const quotes = useMemo(() => quotesBySeq(detail.signs), [detail.signs])
  const { ref, isAtEnd, toEnd } = useStayAtEnd(items.length)
  return (
    <div className="thread-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys */}
      <section className="thread" aria-label={w.thread.label} ref={ref} tabIndex={0}>
        {items.length === 0 ? <p className="soft">{w.thread.empty}</p> : null}
        <ol>
          {items.map((item) => (
            <li key={item.key} className={`item-${item.kind}`}>
              {item.kind === 'day' ? <p className="day">{day(item.at, language)}</p> : null}
              {item.kind === 'unread' ? (
                <p className="new" role="status">
                  {w.thread.unread(item.count)}
                </p>
              ) : null}
              {item.kind === 'event' ? <EventLine message={item.message} /> : null}
              {item.kind === 'note' ? <NoteBubble message={item.message} /> : null}
              {item.kind === 'bubble' ? (
                <Bubble item={item} quotes={quotes.get(item.message.seq) ?? []} caseId={detail.id} me={me} />
              ) : null}
            </li>
          ))}
        </ol>
      </section>
      {isAtEnd ? null : (
        <Button variant="default" className="to-end" leftSection={<Icon name="down" />} onClick={toEnd}>
          {w.thread.toNewest}
        </Button>
      )}
    </div>
  )
}

function useStayAtEnd(count: number) {
  const ref = useRef<HTMLElement>(null)
  const wasAtEnd = useRef(true)
  const [isAtEnd, setAtEnd] = useState(true)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed count is what moves the end
  useLayoutEffect(() => {
    if (wasAtEnd.current && ref.current) ref.current.scrollTop = ref.current.scrollHeight
  }, [count])
  useEffect(() => {
    const thread = ref.current
    if (!thread) return
    const look = () => {
      wasAtEnd.current = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR_END_PX
      setAtEnd(wasAtEnd.current)
    }
    // A keyboard that opens, or a lock that appears, makes the thread shorter: its end should stay in sight.
    const grows = new ResizeObserver(() => {
      if (wasAtEnd.current) thread.scrollTop = thread.scrollHeight
    })
    thread.addEventListener('scroll', look, { passive: true })
    grows.observe(thread)
    return () => {
      thread.removeEventListener('scroll', look)
      grows.disconnect()
    }
  }, [])
  const toEnd = () => ref.current?.scrollTo({ top: ref.current.scrollHeight })
  return { ref, isAtEnd, toEnd }
}

/** Brings a message into sight and marks it for a moment; a screen reader is taken there too. */
export function jumpTo(seq: number) {
  const target = document.getElementById(anchorOf(seq))
  if (!target) return
  target.scrollIntoView({ block: 'center' })
  target.focus({ preventScroll: true })
  target.classList.add('found')
  setTimeout(() => target.classList.remove('found'), 2500)
}

function anchorOf(seq: number): string {
  return `message-${seq}`
}

function EventLine({ message }: { message: Message }) {
  const { w, language } = useWords()
  return (
    <p className="event" id={anchorOf(message.seq)} tabIndex={-1}>
      {w.event[message.text] ?? message.text} <time className="num">{clock(message.at, language)}</time>
    </p>
  )
}

function NoteBubble({ message }: { message: Message }) {
  const { w, language } = useWords()
  return (
    <div className="bubble by-note" id={anchorOf(message.seq)} tabIndex={-1}>
      <small>
        <b>{w.thread.note(message.author || w.thread.you)}</b>, {clock(message.at, language)}, {w.thread.teamOnly}
      </small>
      <p>{message.text}</p>
    </div>
  )
}

const MEDIA_ICONS: Record<string, IconName> = {
  voice: 'voice',
  photo: 'photo',
  video: 'photo',
  document: 'file',
  location: 'place',
  contact: 'person',
  withdrawn: 'giveBack',
  edit: 'note',
  reaction: 'talk',
}

/** Kinds of which all there is stands in the thread. */
const OPEN_KINDS = ['location', 'reaction', 'edit', 'withdrawn']

function Bubble(props: { item: Extract<Item, { kind: 'bubble' }>; quotes: string[]; caseId: string; me: Me }) {
  const { w, language } = useWords()
  const { message } = props.item
  const isOther = message.by === 'responder' && message.author !== '' && message.author !== props.me.person.name
  const head =
    message.by === 'program'
      ? `${w.thread.program}, ${clock(message.at, language)}`
      : isOther
        ? `${message.author}, ${clock(message.at, language)}`
        : ''
  return (
    <>
      <div
        className={`bubble by-${message.by}`}
        id={anchorOf(message.seq)}
        tabIndex={-1}
        title={dayTitle(message, language)}
      >
        {head ? <small>{head}</small> : null}
        {message.kind === 'text' ? null : <MediaLine kind={message.kind} />}
        {message.text ? (
          <p>
            {quotedPieces(message.text, props.quotes).map((piece, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text have no other name than their place
              <Said key={index} piece={piece} by={message.by} />
            ))}
          </p>
        ) : null}
        {message.kind === 'location' ? (
          <CopyButton text={placeOf(message.text)} label={w.copy} describes={w.thread.copyPlace} />
        ) : null}
        {message.buttons && message.buttons.length > 0 ? (
          <p className="choices">
            <span className="sr">{w.thread.choices}</span>
            {message.buttons.map((label) => (
              <span key={label}>{label}</span>
            ))}
          </p>
        ) : null}
      </div>
      {props.item.showsDelivery ? <Delivery message={message} caseId={props.caseId} /> : null}
    </>
  )
}

/** The program's words as the person sees them: *aman* is bold. */
function Said({ piece, by }: { piece: Piece; by: Message['by'] }) {
  if (piece.isQuoted) return <mark>{piece.text}</mark>
  if (by !== 'program') return <span>{piece.text}</span>
  const parts = piece.text.split(/\*([^*\n]{1,40})\*/)
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name than their place
  return <span>{parts.map((part, index) => (index % 2 ? <b key={index}>{part}</b> : part))}</span>
}

/** The figures alone, as every map takes them. */
function placeOf(text: string): string {
  return text.split('\n')[0] ?? text
}

function dayTitle(message: Message, language: 'id' | 'en'): string {
  return `${day(message.at, language)} ${clock(message.at, language)}`
}

function MediaLine({ kind }: { kind: string }) {
  const { w } = useWords()
  return (
    <span className="media">
      <span className="media-icon">
        <Icon name={MEDIA_ICONS[kind] ?? 'unsure'} />
      </span>
      <span>
        <b>{w.media[kind] ?? w.media.unsupported}</b>
        {OPEN_KINDS.includes(kind) ? null : <small>{w.thread.mediaHint}</small>}
      </span>
    </span>
  )
}

/** What became of our own message. Of one whose fate nobody knows its author decides, in two steps, whether it goes out again. */
function Delivery({ message, caseId }: { message: Message; caseId: string }) {
  const { w, language } = useWords()
  const again = useSendAgain(caseId)
  const [isAsking, setAsking] = useState(false)
  const state = message.delivery
  if (!state) return null
  if (state !== 'unknown' && state !== 'failed') {
    return (
      <p className="stamp">
        <Icon
          name={state === 'read' || state === 'delivered' ? 'checks' : state === 'sent' ? 'check' : 'clock'}
          size={15}
        />
        {w.delivery[state]} <time className="num">{clock(message.at, language)}</time>
      </p>
    )
  }
  return (
    <div className="stamp doubt" role="status">
      <Icon name="unsure" size={15} />
      <span>{message.failure ? w.failure[message.failure] : w.delivery[state]}</span>
      {state === 'unknown' && message.by === 'responder' ? (
        <Button
          variant="default"
          className="small"
          loading={again.isPending}
          onClick={() => (isAsking ? again.mutate(message.id) : setAsking(true))}
        >
          {isAsking ? w.thread.sureAgain : w.thread.sendAgain}
        </Button>
      ) : null}
      <Faulty error={again.error} />
    </div>
  )
}
