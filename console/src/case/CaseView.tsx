import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { ApiError, isFault } from '../api/client'
import { keys, useCase } from '../api/queries'
import type { CaseDetail, Me, Queue } from '../api/types'
import { go, links } from '../inbox/route'
import { useShortcuts } from '../keys/shortcuts'
import type { Connection } from '../live/connection'
import { Faulty } from '../look/Faulty'
import { Sheet } from '../look/Sheet'
import { useWords } from '../words/language'
import { Brief } from './Brief'
import { CaseHead } from './CaseHead'
import { CloseForm } from './CloseForm'
import { Composer } from './Composer'
import { changeDraft, draftOf, useDraft } from './drafts'
import { seenNow } from './locks'
import { Release } from './Release'
import { SafetySheet, SafetyStrip } from './Safety'
import { jumpTo, Thread } from './Thread'

export type SheetName = 'safety' | 'brief' | 'close' | 'release' | 'more' | null

/** One person: what keeps them safe above, their words in the middle, what we know at the side. */
export function CaseView({ id, me, connection }: { id: string; me: Me; connection: Connection }) {
  const { w } = useWords()
  const query = useCase(id)
  const detail = useMemo(() => query.data && asHeld(query.data, query.error), [query.data, query.error])
  useReading(detail, query.dataUpdatedAt)

  if (detail) return <OpenCase detail={detail} me={me} connection={connection} />
  return (
    <main className="nobody">
      {query.error ? (
        <div className="door-card">
          <p>{wordsFor(query.error, w.case)}</p>
          <Faulty
            error={
              query.error instanceof ApiError && query.error.status >= 400 && query.error.status < 500
                ? null
                : query.error
            }
          />
          <div className="two">
            <Button variant="default" className="big" onClick={() => go(links.inbox)}>
              {w.case.toList}
            </Button>
            <Button className="big" onClick={() => void query.refetch()}>
              {w.retry}
            </Button>
          </div>
        </div>
      ) : (
        <p role="status" className="soft">
          {w.loading}
        </p>
      )}
    </main>
  )
}

function wordsFor(error: unknown, w: { notFound: string; notAllowed: string; failed: string }): string {
  if (isFault(error, 'case_not_found')) return w.notFound
  return isFault(error, 'not_allowed', 'not_holder') ? w.notAllowed : w.failed
}

/** Who loses a case may not read it any more: then what is still shown is shown as not theirs, with the draft kept. */
function asHeld(detail: CaseDetail, error: unknown): CaseDetail {
  if (!isFault(error, 'not_allowed', 'not_holder')) return detail
  return { ...detail, is_mine: false, holder: null, status: 'queued', may_write: false, lock: 'not_holder' }
}

/** Keeps count of what was read: in the draft, and, since reading told the server, in the list of one's people. */
function useReading(detail: CaseDetail | undefined, readAt: number) {
  const client = useQueryClient()
  const id = detail?.id
  useEffect(() => {
    if (!detail) return
    const look = () => {
      const draft = draftOf(detail.id)
      const seen = seenNow(draft.seen, detail, draft.reply, document.visibilityState === 'visible')
      if (seen !== draft.seen) changeDraft(detail.id, { seen })
      if (detail.is_mine && !draft.heldBefore) changeDraft(detail.id, { heldBefore: true })
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [detail])
  useEffect(() => {
    const mine = client.getQueryData<Queue>(keys.queue)?.mine
    const isListedUnread = mine?.some((each) => each.id === id && each.unread > 0)
    if (readAt > 0 && isListedUnread) void client.invalidateQueries({ queryKey: keys.queue })
  }, [client, id, readAt])
}

function OpenCase({ detail, me, connection }: { detail: CaseDetail; me: Me; connection: Connection }) {
  const { w } = useWords()
  const draft = useDraft(detail.id)
  const [sheet, setSheet] = useState<SheetName>(null)
  const field = useRef<HTMLTextAreaElement>(null)

  const write = useMemo(
    () => (mode: 'reply' | 'note') => {
      changeDraft(detail.id, { mode })
      requestAnimationFrame(() => field.current?.focus())
    },
    [detail.id],
  )
  useShortcuts(
    useMemo(
      () => ({
        reply: () => sheet === null && write('reply'),
        note: () => sheet === null && write('note'),
        escape: () => {
          if (sheet !== null) return
          if (document.activeElement === field.current) field.current?.blur()
          else go(links.inbox)
        },
      }),
      [sheet, write],
    ),
  )

  function jump(seq: number) {
    setSheet(null)
    requestAnimationFrame(() => jumpTo(seq))
  }

  function insert(text: string) {
    setSheet(null)
    const before = draftOf(detail.id).reply.trimEnd()
    changeDraft(detail.id, { mode: 'reply', reply: before ? `${before}\n${text}` : text })
    requestAnimationFrame(() => field.current?.focus())
  }

  const side = <Brief detail={detail} onJump={jump} onInsert={insert} />
  const close = () => setSheet(null)
  const leave = () => {
    close()
    go(links.inbox)
  }
  return (
    <>
      <main className="case">
        <CaseHead detail={detail} onSheet={setSheet} />
        <SafetyStrip detail={detail} onOpen={() => setSheet('safety')} />
        <Thread detail={detail} seen={draft.seen} me={me} />
        <Composer detail={detail} me={me} connection={connection} fieldRef={field} />
      </main>
      <aside className="side" aria-label={w.brief.title}>
        {side}
      </aside>
      <SafetySheet detail={detail} me={me} isOpen={sheet === 'safety'} onClose={close} onJump={jump} />
      <Sheet title={w.brief.title} isOpen={sheet === 'brief'} onClose={close}>
        {side}
      </Sheet>
      <Sheet title={w.closing.title(detail.name)} isOpen={sheet === 'close'} onClose={close}>
        <CloseForm detail={detail} onClosed={leave} />
      </Sheet>
      <Sheet title={w.releasing.title(detail.name)} isOpen={sheet === 'release'} onClose={close}>
        <Release detail={detail} onReleased={leave} onKeep={close} />
      </Sheet>
      <Sheet title={w.case.more} isOpen={sheet === 'more'} onClose={close}>
        <div className="form">
          <Button variant="default" className="big" onClick={() => setSheet('release')}>
            {w.case.giveBack}
          </Button>
          <Button variant="default" className="big" onClick={() => setSheet('close')}>
            {w.case.finish}
          </Button>
        </div>
      </Sheet>
    </>
  )
}
