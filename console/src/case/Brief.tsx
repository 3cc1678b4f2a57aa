import { Button } from '@mantine/core'
import type { BriefLine, CaseDetail, Consent, Message, Service } from '../api/types'
import { CopyButton } from '../look/CopyButton'
import { Icon } from '../look/icons'
import { useWords } from '../words/language'
import { clock } from '../words/time'
import { Jump, Signs } from './Safety'

type Props = { detail: CaseDetail; onJump: (seq: number) => void; onInsert: (text: string) => void }

/** What we know of the person, each claim with the way to the words it rests on, and what nobody asked yet. */
export function Brief({ detail, onJump, onInsert }: Props) {
  const { w } = useWords()
  const canWrite = detail.is_mine && detail.status !== 'closed'
  return (
    <>
      <section className="panel">
        <h2>
          <span className="said-above">{w.brief.title}</span>
          <span className="tag line-tag">{w.brief.made}</span>
        </h2>
        <Answers lines={detail.brief} onJump={onJump} />
      </section>
      <section className="panel">
        <h2>{w.signs.title}</h2>
        <Signs signs={detail.signs} onJump={onJump} />
      </section>
      <section className="panel">
        <h2>{w.consent.title}</h2>
        <Consents consents={detail.consents} />
      </section>
      <section className="panel">
        <h2>{w.services.title}</h2>
        <Services services={detail.services} onInsert={canWrite ? onInsert : null} />
      </section>
      <section className="panel">
        <h2>{w.notes.title}</h2>
        <Notes kept={detail.notes} thread={detail.thread} onJump={onJump} />
      </section>
    </>
  )
}

function Answers({ lines, onJump }: { lines: readonly BriefLine[]; onJump: (seq: number) => void }) {
  const { w } = useWords()
  const told = lines.filter((line) => line.state !== 'not_asked')
  const open = lines.filter((line) => line.state === 'not_asked')
  return (
    <>
      {told.length === 0 ? <p className="soft">{w.brief.nothing}</p> : null}
      <dl className="answers">
        {told.map((line) => (
          <div key={line.slot}>
            <dt>
              <span className="two-lines">{line.label}</span>
            </dt>
            <dd>
              <AnswerValue line={line} />
              {line.seq === null ? null : <Jump seq={line.seq} onJump={onJump} />}
            </dd>
          </div>
        ))}
      </dl>
      {open.length > 0 ? <NotAsked lines={open} /> : null}
      {told.some((line) => line.is_inferred) ? <p className="hint">{w.brief.inferred}</p> : null}
    </>
  )
}

/** What nobody asked yet: how much, and what on demand. */
function NotAsked({ lines }: { lines: readonly BriefLine[] }) {
  const { w } = useWords()
  return (
    <details className="not-asked">
      <summary>{w.brief.notAsked(lines.length)}</summary>
      <div className="tags">
        {lines.map((line) => (
          <span key={line.slot} className="tag line-tag">
            {line.label}
          </span>
        ))}
      </div>
    </details>
  )
}

function AnswerValue({ line }: { line: BriefLine }) {
  const { w } = useWords()
  if (line.state === 'unsure') return <em>{w.brief.unsure}</em>
  if (line.state === 'refused') return <em>{w.brief.refused}</em>
  if (!line.is_inferred) return <span>{line.value}</span>
  return (
    <span className="inferred">
      {line.value}
      <span className="sr"> ({w.brief.inferredShort})</span>
    </span>
  )
}

function Consents({ consents }: { consents: readonly Consent[] }) {
  const { w, language } = useWords()
  if (consents.length === 0) return <p className="soft">{w.consent.none}</p>
  return (
    <ul className="consents">
      {consents.map((each) => {
        const isGiven = each.is_given
        const state = isGiven === null ? w.consent.notAsked : isGiven ? w.consent.yes : w.consent.no
        return (
          <li key={each.scope} className={isGiven ? 'given' : ''}>
            <Icon name={isGiven === null ? 'unsure' : isGiven ? 'done' : 'close'} />
            <span className="grow">
              {w.scope[each.scope] ?? each.scope}
              {each.words ? (
                <details>
                  <summary>
                    {state}
                    {each.at ? `, ${clock(each.at, language)}` : ''}
                  </summary>
                  <p>{w.consent.words(each.words)}</p>
                </details>
              ) : (
                <small>
                  {state}
                  {each.at ? `, ${clock(each.at, language)}` : ''}
                </small>
              )}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

/** A service as words for the person: name, how to reach it, when. */
export function serviceText(service: Service): string {
  const base = service.name.includes(service.contact) ? service.name : `${service.name}: ${service.contact}`
  return service.hours ? `${base} (${service.hours})` : base
}

function Services(props: { services: readonly Service[]; onInsert: ((text: string) => void) | null }) {
  const { w } = useWords()
  if (props.services.length === 0) return <p className="soft">{w.services.none}</p>
  return (
    <ul className="services">
      {props.services.map((service) => {
        const text = serviceText(service)
        return (
          <li key={service.id}>
            <span className="grow">
              <b>{service.name}</b>
              {service.name.includes(service.contact) ? null : <span className="num">{service.contact}</span>}
              <small>{[service.hours, service.note].filter(Boolean).join('. ')}</small>
            </span>
            <span className="service-do">
              {props.onInsert ? (
                <Button
                  variant="light"
                  className="small"
                  onClick={() => props.onInsert?.(text)}
                  aria-label={w.services.insertLabel(service.name)}
                >
                  {w.services.insert}
                </Button>
              ) : null}
              <CopyButton text={text} label={w.copy} describes={w.services.copyLabel(service.name)} />
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Notes(props: { kept: readonly string[]; thread: readonly Message[]; onJump: (seq: number) => void }) {
  const { w, language } = useWords()
  const written = props.thread.filter((each) => each.kind === 'note')
  const kept = props.kept.filter((text) => !written.some((each) => each.text === text))
  if (written.length === 0 && kept.length === 0) return <p className="soft">{w.notes.none}</p>
  return (
    <ul className="notes">
      {kept.map((text) => (
        <li key={text}>{text}</li>
      ))}
      {written.map((each) => (
        <li key={each.id}>
          {each.text}{' '}
          <span className="muted">
            {each.author || w.thread.you}, {clock(each.at, language)}
          </span>
          <Jump seq={each.seq} onJump={props.onJump} />
        </li>
      ))}
    </ul>
  )
}
