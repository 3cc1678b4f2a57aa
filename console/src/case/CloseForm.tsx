import { Button } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useClose } from '../api/queries'
import type { CaseDetail, Outcome } from '../api/types'
import { Faulty } from '../look/Faulty'
import type { Words } from '../words/id'
import { useWords } from '../words/language'
import { forgetDraft, hasWords } from './drafts'

const OUTCOMES: readonly Outcome[] = ['helped', 'referred', 'informed', 'declined', 'unreachable', 'no_need']

/** The words that go out last: neutral, in the person's language; none where nothing may or can be sent. */
export function farewellFor(detail: CaseDetail, w: Words): string {
  if (!detail.may_write) return ''
  return detail.languages[0] === 'en' ? w.farewell.en : w.farewell.id
}

/** Ends the conversation, with an outcome; after it the program answers again. */
export function CloseForm({ detail, onClosed }: { detail: CaseDetail; onClosed: () => void }) {
  const { w } = useWords()
  const close = useClose(detail.id)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const [farewell, setFarewell] = useState(() => farewellFor(detail, w))
  const [note, setNote] = useState('')
  const [isAsked, setAsked] = useState(false)

  function submit(event: FormEvent) {
    event.preventDefault()
    setAsked(true)
    if (!outcome) return
    close.mutate(
      { outcome, note: note.trim(), farewell: detail.may_write ? farewell.trim() : '' },
      {
        onSuccess: () => {
          forgetDraft(detail.id)
          onClosed()
        },
      },
    )
  }

  return (
    <form className="form" onSubmit={submit}>
      <fieldset className="outcomes" aria-describedby={isAsked && !outcome ? 'need-outcome' : undefined}>
        <legend>{w.closing.outcome}</legend>
        {OUTCOMES.map((each) => (
          <label key={each} className={outcome === each ? 'chosen' : ''}>
            <input type="radio" name="outcome" checked={outcome === each} onChange={() => setOutcome(each)} />
            {w.outcome[each]}
          </label>
        ))}
      </fieldset>
      {isAsked && !outcome ? (
        <p className="faulty" role="alert" id="need-outcome">
          {w.closing.needOutcome}
        </p>
      ) : null}
      <label className="text-field">
        <span>{w.closing.farewell}</span>
        <small>{detail.may_write ? w.closing.farewellHint : w.closing.farewellUnsafe}</small>
        <textarea
          className="field"
          rows={2}
          maxLength={4000}
          value={farewell}
          disabled={!detail.may_write}
          onChange={(event) => setFarewell(event.currentTarget.value)}
        />
      </label>
      <label className="text-field">
        <span>{w.closing.note}</span>
        <textarea
          className="field on-paper"
          rows={2}
          maxLength={4000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </label>
      {hasWords(detail.id) ? <p className="warn">{w.closing.draft}</p> : null}
      <p className="hint">{w.closing.after}</p>
      <Faulty error={close.error} />
      <Button type="submit" className="big" loading={close.isPending}>
        {w.closing.submit}
      </Button>
    </form>
  )
}
