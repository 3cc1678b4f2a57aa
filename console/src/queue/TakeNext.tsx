import { Button } from '@mantine/core'
import { useTakeNext } from '../api/queries'
import type { CaseDetail, LevelCount, Queue } from '../api/types'
import type { Connection } from '../live/connection'
import { Faulty } from '../look/Faulty'
import { LevelShape } from '../look/LevelMark'
import { useNow } from '../look/useNow'
import { useWords } from '../words/language'
import { ago, wait } from '../words/time'
import { cardOf } from './card'

type Taking = ReturnType<typeof useTakeNext>

export function useTaking(onTaken: (detail: CaseDetail) => void): { taking: Taking; take: () => void } {
  const taking = useTakeNext()
  return { taking, take: () => !taking.isPending && taking.mutate(undefined, { onSuccess: onTaken }) }
}

/** One large button, and in counts who waits: no names, no stories. Where it can't be pressed it says why. */
export function TakeNext(props: {
  queue: Queue | undefined
  connection: Connection
  taking: Taking
  take: () => void
}) {
  const { w } = useWords()
  const card = cardOf(props.queue, props.connection, w)
  return (
    <section className="next" aria-label={w.next.waiting}>
      <Button
        className="take"
        fullWidth
        justify="space-between"
        aria-disabled={!card.canTake}
        aria-describedby={card.reason ? 'take-reason' : undefined}
        loading={props.taking.isPending}
        onClick={() => card.canTake && props.take()}
        rightSection={
          <span className="key" aria-hidden="true">
            N
          </span>
        }
      >
        {w.next.take}
      </Button>
      {card.reason ? (
        <p id="take-reason" className="take-reason">
          {card.reason}
        </p>
      ) : null}
      <Faulty error={props.taking.error} />
      <Counts levels={props.queue?.levels ?? []} />
    </section>
  )
}

function Counts({ levels }: { levels: readonly LevelCount[] }) {
  const { w, language } = useWords()
  const now = useNow(1000)
  return (
    <table className="counts">
      <thead>
        <tr>
          <th scope="col">
            <span className="sr">{w.next.waiting}</span>
          </th>
          <th scope="col">{w.next.people}</th>
          <th scope="col">{w.next.longest}</th>
        </tr>
      </thead>
      <tbody>
        {levels.map((each) => (
          <tr key={each.level} className={each.waiting > 0 ? 'some' : ''}>
            <th scope="row">
              <LevelShape level={each.level} />
              {each.level}
              <span className="sr">, {w.level[each.level]}</span>
            </th>
            <td>{each.waiting}</td>
            <td>
              {each.oldest_at ? (each.level === 'P1' ? wait : ago)(each.oldest_at, now, language) : w.next.none}
              {each.respond_by && Date.parse(each.respond_by) < now ? <b className="late">{w.next.late}</b> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
