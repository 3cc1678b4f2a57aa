import { Button } from '@mantine/core'
import { useMemo } from 'react'
import { useDuty, useQueue } from '../api/queries'
import type { Me, Queue } from '../api/types'
import { CaseView } from '../case/CaseView'
import { useShortcuts } from '../keys/shortcuts'
import type { Connection } from '../live/connection'
import { useArrivals } from '../live/useArrivals'
import { useConnection, usePresence } from '../live/useLive'
import { Faulty } from '../look/Faulty'
import { Icon, Shade } from '../look/icons'
import { cardOf, countWaiting } from '../queue/card'
import { Duty, Ringing } from '../queue/Duty'
import { MyPeople } from '../queue/MyPeople'
import { TakeNext, useTaking } from '../queue/TakeNext'
import { Troubles } from '../queue/Troubles'
import { useWords } from '../words/language'
import { go, links } from './route'

/** The main page: one's people at the left, the conversation beside. On a phone one of the two at a time. */
export function Inbox({ me, caseId, isSheetOpen }: { me: Me; caseId: string | null; isSheetOpen: boolean }) {
  const { w } = useWords()
  const queue = useQueue(true)
  const connection = useConnection()
  const told = useArrivals(queue.data, me.is_on_duty)
  usePresence(me, queue.data)
  const { taking, take } = useTaking((detail) => go(links.case(detail.id)))
  const canTake = cardOf(queue.data, connection, w).canTake

  const handlers = useMemo(() => {
    if (isSheetOpen) return {}
    return {
      next: () => canTake && take(),
      down: () => step(queue.data, caseId, 1),
      up: () => step(queue.data, caseId, -1),
    }
  }, [isSheetOpen, canTake, take, queue.data, caseId])
  useShortcuts(handlers)

  return (
    <div className={caseId ? 'inbox has-case' : 'inbox'}>
      <p className="sr" aria-live="polite">
        {told}
      </p>
      <aside className="left">
        <Duty me={me} queue={queue.data} />
        <ConnectionLine connection={connection} />
        <Troubles queue={queue.data} />
        <TakeNext queue={queue.data} connection={connection} taking={taking} take={take} />
        <Faulty error={queue.data ? null : queue.error} />
        {queue.data ? <MyPeople queue={queue.data} openId={caseId} /> : null}
        {queue.data && queue.data.mine.length === 0 ? <Resting me={me} queue={queue.data} place="list" /> : null}
        {me.is_on_duty ? <Ringing /> : null}
      </aside>
      {caseId ? (
        <CaseView key={caseId} id={caseId} me={me} connection={connection} />
      ) : (
        <main className="nobody">
          <Resting me={me} queue={queue.data} place="middle" />
        </main>
      )}
    </div>
  )
}

function step(queue: Queue | undefined, openId: string | null, by: 1 | -1) {
  const mine = queue?.mine ?? []
  if (mine.length === 0) return
  const at = mine.findIndex((each) => each.id === openId)
  const next = at < 0 ? 0 : (at + by + mine.length) % mine.length
  const id = mine[next]?.id
  if (id) go(links.case(id))
}

function ConnectionLine({ connection }: { connection: Connection }) {
  const { w } = useWords()
  const words = connection === 'stale' ? w.live.stale : connection === 'offline' ? w.live.offline : ''
  return (
    <p className={words ? 'connection' : 'sr'} role="status">
      {words ? <Icon name="cut" /> : null}
      {words}
    </p>
  )
}

/** The page's resting face: nothing to browse, nothing to feel guilty about. */
function Resting({ me, queue, place }: { me: Me; queue: Queue | undefined; place: 'list' | 'middle' }) {
  const { w } = useWords()
  const duty = useDuty()
  if (!queue) return null
  const state = restOf(me, queue)
  const words = {
    offDuty: [w.rest.offDutyTitle, w.rest.offDuty],
    waiting: [w.rest.waitingTitle, w.rest.waiting],
    choose: [w.rest.chooseTitle, w.rest.choose],
    quiet: [w.rest.onDutyTitle, w.rest.onDuty],
  }[state]
  return (
    <section className={`resting in-${place}`}>
      <Shade />
      <h1>{words[0]}</h1>
      <p>{words[1]}</p>
      {state === 'offDuty' ? (
        <Button variant="light" className="big" loading={duty.isPending} onClick={() => duty.mutate(true)}>
          {w.duty.start}
        </Button>
      ) : null}
    </section>
  )
}

function restOf(me: Me, queue: Queue): 'offDuty' | 'waiting' | 'choose' | 'quiet' {
  if (queue.mine.length > 0) return 'choose'
  if (!me.is_on_duty) return 'offDuty'
  return countWaiting(queue) > 0 ? 'waiting' : 'quiet'
}
