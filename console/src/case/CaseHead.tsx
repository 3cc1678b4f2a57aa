import { Button } from '@mantine/core'
import type { CaseDetail } from '../api/types'
import { links } from '../inbox/route'
import { Icon } from '../look/icons'
import { useWords } from '../words/language'
import { clock } from '../words/time'
import type { SheetName } from './CaseView'

/** Who this is, and the ways out of the conversation. A name first, the code where there is none. */
export function CaseHead({ detail, onSheet }: { detail: CaseDetail; onSheet: (sheet: SheetName) => void }) {
  const { w, language } = useWords()
  const about = [
    detail.name === detail.code ? w.case.code : `${w.case.nickname}, ${detail.code}`,
    w.channel[detail.channel] ?? detail.channel,
    w.case.since(clock(detail.opened_at, language)),
  ]
  const isOpen = detail.is_mine && detail.status !== 'closed'
  return (
    <header className="case-head">
      <a className="icon-button only-narrow" href={links.inbox} aria-label={w.case.back}>
        <Icon name="back" size={22} />
      </a>
      <div className="grow">
        <h1 className="cut">{detail.name}</h1>
        <p className="cut">{about.join(' · ')}</p>
      </div>
      {isOpen ? (
        <>
          <Button
            variant="subtle"
            className="quiet not-phone"
            leftSection={<Icon name="giveBack" />}
            onClick={() => onSheet('release')}
          >
            {w.case.giveBack}
          </Button>
          <Button
            variant="default"
            className="not-phone"
            leftSection={<Icon name="done" />}
            onClick={() => onSheet('close')}
          >
            {w.case.finish}
          </Button>
        </>
      ) : null}
      <button type="button" className="head-button without-side" onClick={() => onSheet('brief')}>
        <Icon name="list" />
        {w.case.brief}
      </button>
      {isOpen ? (
        <button
          type="button"
          className="icon-button only-phone"
          onClick={() => onSheet('more')}
          aria-label={w.case.more}
        >
          <span className="dots" aria-hidden="true" />
        </button>
      ) : null}
    </header>
  )
}
