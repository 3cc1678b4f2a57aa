import { Button } from '@mantine/core'
import { type KeyboardEvent, type RefObject, useState } from 'react'
import { isFault } from '../api/client'
import { useClaim, useKnock, useNote, useReply } from '../api/queries'
import type { CaseDetail, Me } from '../api/types'
import type { Connection } from '../live/connection'
import { Faulty } from '../look/Faulty'
import { Icon } from '../look/icons'
import { useWords } from '../words/language'
import { clock, dayAndClock, isSameDay } from '../words/time'
import { changeDraft, type Draft, draftOf, keyFor, useDraft } from './drafts'
import { lastInbound } from './items'
import { LockBar } from './LockBar'
import { LONGEST, type Lock, noteLock, replyLock } from './locks'

type Props = { detail: CaseDetail; me: Me; connection: Connection; fieldRef: RefObject<HTMLTextAreaElement | null> }

/** Where one writes: to the person, or on paper-yellow to the team. A lock shows one reason, one way on, and the draft. */
export function Composer({ detail, me, connection, fieldRef }: Props) {
  const { w } = useWords()
  const draft = useDraft(detail.id)
  const isNote = draft.mode === 'note'
  const situation = {
    detail,
    me,
    connection,
    seen: draft.seen ?? lastInbound(detail.thread),
    toldLast: draft.toldLast,
    heldBefore: draft.heldBefore,
  }
  const lock = isNote ? noteLock(situation) : replyLock(situation)
  const sending = useSending(detail, draft, situation.seen)
  const claim = useClaim(detail.id)
  const knock = useKnock(detail.id)
  const text = isNote ? draft.note : draft.reply
  const tooLong = Math.max(0, text.length - LONGEST)
  const canSend = lock === null && text.trim() !== '' && tooLong === 0 && !sending.isPending

  function unlock(what: Lock['action']) {
    if (what === 'read') changeDraft(detail.id, { seen: lastInbound(detail.thread), toldLast: 0 })
    if (what === 'note') changeDraft(detail.id, { mode: 'note' })
    if (what === 'claim') claim.mutate()
    if (what === 'knock') knock.mutate()
    if (what !== 'claim' && what !== 'knock') requestAnimationFrame(() => fieldRef.current?.focus())
  }

  function pressed(event: KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    if (canSend) sending.send()
  }

  return (
    <section className={isNote ? 'composer as-note' : 'composer'} aria-label={w.composer.label}>
      {lock ? (
        <LockBar lock={lock} name={detail.name} onUnlock={unlock} isBusy={claim.isPending || knock.isPending} />
      ) : null}
      <Faulty error={claim.error ?? knock.error} />
      <Faulty error={sending.error} />
      <div className="write">
        <textarea
          ref={fieldRef}
          className={lock ? 'field locked' : 'field'}
          rows={2}
          value={text}
          readOnly={lock !== null && lock.why !== 'behind'}
          aria-label={isNote ? w.composer.noteField : w.composer.replyField(detail.name)}
          aria-describedby={lock ? 'lock-reason' : 'composer-hint'}
          onChange={(event) =>
            changeDraft(detail.id, isNote ? { note: event.currentTarget.value } : { reply: event.currentTarget.value })
          }
          onKeyDown={pressed}
        />
        {isNote || lock || !mayAskPlace(detail) ? null : (
          <label className="ask-place">
            <input
              type="checkbox"
              checked={draft.asksPlace}
              onChange={(event) => changeDraft(detail.id, { asksPlace: event.currentTarget.checked })}
            />
            {w.composer.askPlace}
          </label>
        )}
        <div className="tools">
          <Modes draft={draft} caseId={detail.id} name={detail.name} />
          <span className="hint grow" id="composer-hint">
            {tooLong > 0 ? (
              w.composer.tooLong(tooLong)
            ) : isNote ? (
              w.composer.noteHint(detail.name)
            ) : (
              <Hint detail={detail} lock={lock} />
            )}
          </span>
          <Button
            className="send"
            variant={isNote ? 'default' : 'filled'}
            aria-disabled={!canSend}
            loading={sending.isPending}
            leftSection={<Icon name={lock ? 'lock' : isNote ? 'check' : 'send'} />}
            onClick={() => canSend && sending.send()}
          >
            {isNote ? w.composer.save : w.composer.send(detail.name)}
          </Button>
        </div>
      </div>
      <p className="sr" aria-live="polite">
        {sending.told}
      </p>
    </section>
  )
}

/** Until when an answer still arrives, where there is an end to that; else how to send by the keyboard. */
function Hint({ detail, lock }: { detail: CaseDetail; lock: Lock | null }) {
  const { w, language } = useWords()
  const until = detail.window_until
  if (until && lock?.why !== 'window') {
    const isToday = isSameDay(until, new Date().toISOString())
    return <span>{w.composer.windowUntil(isToday ? clock(until, language) : dayAndClock(until, language))}</span>
  }
  return <span className="not-touch">{w.composer.replyHint}</span>
}

/** Where somebody is, is asked only to find a person in danger, and only where their channel has a button for it. */
function mayAskPlace(detail: CaseDetail): boolean {
  return (detail.level === 'P1' || detail.level === 'P2') && ['telegram', 'whatsapp'].includes(detail.channel)
}

function Modes({ draft, caseId, name }: { draft: Draft; caseId: string; name: string }) {
  const { w } = useWords()
  return (
    <fieldset className="modes">
      <legend className="sr">{w.composer.mode}</legend>
      <button
        type="button"
        aria-pressed={draft.mode === 'reply'}
        aria-label={w.composer.replyTo(name)}
        onClick={() => changeDraft(caseId, { mode: 'reply' })}
      >
        <Icon name="talk" size={16} />
        {w.composer.reply}
        <span className="key" aria-hidden="true">
          R
        </span>
      </button>
      <button type="button" aria-pressed={draft.mode === 'note'} onClick={() => changeDraft(caseId, { mode: 'note' })}>
        <Icon name="note" size={16} />
        {w.composer.note}
        <span className="key" aria-hidden="true">
          I
        </span>
      </button>
    </fieldset>
  )
}

/** Sending what is written now. Words are cleared only once the server has them, and only if they are still the same. */
function useSending(detail: CaseDetail, draft: Draft, seen: number) {
  const { w } = useWords()
  const reply = useReply(detail.id)
  const note = useNote(detail.id)
  const [told, setTold] = useState('')
  const current = draft.mode === 'note' ? note : reply

  function send() {
    setTold('')
    const mode = draft.mode
    const text = draft[mode]
    const key = keyFor(detail.id, mode)
    const clear = () => {
      if (draftOf(detail.id)[mode] === text)
        changeDraft(detail.id, mode === 'note' ? { note: '' } : { reply: '', asksPlace: false })
      setTold(mode === 'note' ? w.composer.noteSaved : w.composer.sent)
    }
    if (mode === 'note') {
      note.mutate({ key, text }, { onSuccess: clear })
      return
    }
    reply.mutate(
      {
        key,
        text,
        control_epoch: detail.control_epoch,
        seen_seq: seen,
        asks_place: draft.asksPlace && mayAskPlace(detail),
      },
      {
        onSuccess: clear,
        onError: (error) => {
          if (isFault(error, 'conversation_moved_on')) changeDraft(detail.id, { toldLast: error.fault.last_seq ?? 0 })
        },
      },
    )
  }

  // That they wrote again is told by the lock, with the way on; twice would be noise.
  const error = isFault(current.error, 'conversation_moved_on') ? null : current.error
  return { send, isPending: current.isPending, error, told }
}
