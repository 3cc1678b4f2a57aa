import type { Queue, Trouble } from '../api/types'
import { Icon } from '../look/icons'
import { useWords } from '../words/language'
import { clock } from '../words/time'

/** Which channels can't be used just now, and what to do: nobody should wait for an answer that can't arrive. */
export function Troubles({ queue }: { queue: Queue | undefined }) {
  const troubles = queue?.troubles ?? []
  return (
    <div role="alert">
      {troubles.map((each) => (
        <Line key={`${each.channel}-${each.side}`} trouble={each} />
      ))}
    </div>
  )
}

function Line({ trouble }: { trouble: Trouble }) {
  const { w, language } = useWords()
  const channel = w.channel[trouble.channel] ?? trouble.channel
  return (
    <div className="connection trouble">
      <Icon name="cut" />
      <span>
        <b>{w.trouble[trouble.side](channel, clock(trouble.since, language))}</b> {w.outage[trouble.reason]}{' '}
        {trouble.side === 'sending' ? w.trouble.kept : ''}
      </span>
    </div>
  )
}
