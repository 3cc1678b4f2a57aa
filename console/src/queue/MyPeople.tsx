import type { CaseSummary, Queue } from '../api/types'
import { links } from '../inbox/route'
import { Icon } from '../look/icons'
import { LevelMark } from '../look/LevelMark'
import { useNow } from '../look/useNow'
import { useWords } from '../words/language'
import { ago } from '../words/time'

/** Those whom this responder is with: two or three, never a queue to browse. */
export function MyPeople({ queue, openId }: { queue: Queue; openId: string | null }) {
  const { w } = useWords()
  const free = Math.max(0, queue.slots - queue.mine.length)
  return (
    <nav className="mine" aria-label={w.mine.title}>
      <h2>
        <span>{w.mine.title}</span>
        <span className="num">{w.mine.of(queue.mine.length, queue.slots)}</span>
      </h2>
      <ul>
        {queue.mine.map((each) => (
          <li key={each.id}>
            <Line summary={each} isOpen={each.id === openId} />
          </li>
        ))}
      </ul>
      {free > 0 && queue.mine.length > 0 ? (
        <p className="free">
          <Icon name="plus" />
          <span>{w.mine.freeSlots(free)}</span>
        </p>
      ) : null}
    </nav>
  )
}

function Line({ summary, isOpen }: { summary: CaseSummary; isOpen: boolean }) {
  const { w, language } = useWords()
  const now = useNow(30_000)
  const by = { contact: '', program: w.mine.program, me: w.mine.you, responder: '' }[summary.preview_by]
  const about = [
    w.channel[summary.channel] ?? summary.channel,
    summary.languages.map((tag) => w.tongue[tag] ?? tag).join(', '),
  ]
  return (
    <a className="line" href={links.case(summary.id)} aria-current={isOpen ? 'page' : undefined}>
      <span className="line-top">
        <LevelMark level={summary.level} />
        <b className="cut">{summary.name}</b>
        <time dateTime={summary.last_at}>{ago(summary.last_at, now, language)}</time>
      </span>
      <span className="line-last cut">
        {by ? `${by} ` : ''}
        {summary.preview}
      </span>
      <span className="line-about">
        <span className="cut">{about.filter(Boolean).join(' · ')}</span>
        {summary.unread > 0 ? (
          <span className="unread num">
            {summary.unread}
            <span className="sr"> {w.mine.unread(summary.unread).replace(/^\d+ /, '')}</span>
          </span>
        ) : null}
      </span>
    </a>
  )
}
