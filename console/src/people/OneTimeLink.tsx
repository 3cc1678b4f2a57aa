import { Button } from '@mantine/core'
import type { Invitation } from '../api/types'
import { CopyButton } from '../look/CopyButton'
import { useWords } from '../words/language'
import { dayAndClock } from '../words/time'

/** A link that is shown once, to be sent to one person. */
export function OneTimeLink(props: { invitation: Invitation; label: string; onDone: () => void }) {
  const { w, language } = useWords()
  const { invitation } = props
  const link = `${window.location.origin}${invitation.path}`
  return (
    <div className="form">
      <p className="soft">{w.people.once(dayAndClock(invitation.expires_at, language))}</p>
      <label className="link-field">
        <span>{props.label}</span>
        <input readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <div className="two">
        <CopyButton text={link} label={w.copy} isBig />
        <Button variant="default" className="big" onClick={props.onDone}>
          {w.people.done}
        </Button>
      </div>
    </div>
  )
}
