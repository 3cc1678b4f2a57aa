import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useLevel } from '../api/queries'
import { type CaseDetail, LEVELS, type Me, type Sign } from '../api/types'
import { Faulty } from '../look/Faulty'
import { Icon, type IconName } from '../look/icons'
import { LevelMark } from '../look/LevelMark'
import { Sheet } from '../look/Sheet'
import { useNow } from '../look/useNow'
import { topicLabel, useWords } from '../words/language'
import { clock, dayAndClock } from '../words/time'
import { isLate, leadingSign, mayWrite, speaker } from './facts'

/** Always above the thread: how urgent and why, may we write, where, who speaks. One line on a phone. Opens as a sheet. */
export function SafetyStrip({ detail, onOpen }: { detail: CaseDetail; onOpen: () => void }) {
  const { w, language } = useWords()
  const lead = leadingSign(detail.signs)
  const writing = mayWrite(detail, w)
  const who = speaker(detail, w)
  const others = detail.signs.length - 1
  const late = isLate(detail, useNow(10_000))
  return (
    <section className="strip" aria-label={w.strip.label}>
      {late ? (
        <p className="late" role="status">
          <Icon name="clock" />
          {w.strip.late(clock(detail.respond_by, language))}
        </p>
      ) : null}
      <button
        type="button"
        className="strip-line"
        onClick={onOpen}
        aria-label={`${w.strip.open}: ${detail.level}, ${w.level[detail.level]}. ${writing.main}`}
      >
        <LevelMark level={detail.level} />
        <span className="cut grow">{writing.short}</span>
        <Icon name="down" />
      </button>
      <button type="button" className="strip-cells" onClick={onOpen} aria-label={w.strip.open}>
        <span className="cell">
          <LevelMark level={detail.level} long />
          <span className="cell-main">
            {lead?.words ? <span className="two-lines">“{lead.words}”</span> : null}
            <em>
              {lead ? topicLabel(lead.topic, language) : w.strip.noSigns}
              {others > 0 ? `, ${w.strip.more(others)}` : ''}
            </em>
          </span>
        </span>
        <Cell icon="talk" title={w.strip.writing} main={writing.short} more={writing.more} />
        <Cell icon="place" title={w.strip.place} main={detail.place || w.strip.noPlace} more="" />
        <Cell icon="person" title={w.strip.speaker} main={who.main} more={who.more} />
      </button>
    </section>
  )
}

function Cell({ icon, title, main, more }: { icon: IconName; title: string; main: string; more: string }) {
  return (
    <span className="cell">
      <span className="cell-title">
        <Icon name={icon} size={15} />
        {title}
      </span>
      <span className="cell-main">
        {main}
        {more ? <em>{more}</em> : null}
      </span>
    </span>
  )
}

export function SafetySheet(props: {
  detail: CaseDetail
  me: Me
  isOpen: boolean
  onClose: () => void
  onJump: (seq: number) => void
}) {
  const { w, language } = useWords()
  const { detail } = props
  const writing = mayWrite(detail, w)
  const who = speaker(detail, w)
  return (
    <Sheet title={w.strip.label} isOpen={props.isOpen} onClose={props.onClose}>
      <p>
        <LevelMark level={detail.level} long />
      </p>
      <Signs signs={detail.signs} onJump={props.onJump} />
      <ul className="facts">
        <FactLine icon="talk" main={writing.main} more={writing.more} />
        <FactLine icon="place" main={detail.place || `${w.strip.place}: ${w.strip.noPlace.toLowerCase()}`} more="" />
        <FactLine icon="person" main={`${w.strip.speaker}: ${who.main}`} more={who.more} />
        <FactLine
          icon="note"
          main={`${w.strip.languages} ${detail.languages.map((tag) => w.tongue[tag] ?? tag).join(', ')}`}
          more=""
        />
        <FactLine icon="clock" main={w.strip.promise(dayAndClock(detail.respond_by, language))} more="" />
      </ul>
      {detail.is_mine && detail.status !== 'closed' ? <LevelChoice detail={detail} me={props.me} /> : null}
    </Sheet>
  )
}

function FactLine({ icon, main, more }: { icon: IconName; main: ReactNode; more: string }) {
  return (
    <li>
      <Icon name={icon} />
      <span>
        {main}
        {more ? <small>{more}</small> : null}
      </span>
    </li>
  )
}

/** Why the level is what it is, each in the person's own words with the way to where they stand. */
export function Signs({ signs, onJump }: { signs: readonly Sign[]; onJump: (seq: number) => void }) {
  const { w, language } = useWords()
  if (signs.length === 0) return <p className="soft">{w.signs.none}</p>
  return (
    <ul className="signs">
      {signs.map((sign) => (
        <li key={`${sign.topic}-${sign.seq}-${sign.words}`}>
          <LevelMark level={sign.level} />
          <span className="grow">
            <b>{topicLabel(sign.topic, language)}</b>
            <span className="soft">
              {sign.words ? `“${sign.words}”` : w.strip.noWords}{' '}
              <time className="muted">{clock(sign.at, language)}</time>
            </span>
          </span>
          {sign.seq === null ? null : <Jump seq={sign.seq} onJump={onJump} />}
        </li>
      ))}
    </ul>
  )
}

export function Jump({ seq, onJump }: { seq: number; onJump: (seq: number) => void }) {
  const { w } = useWords()
  return (
    <button type="button" className="jump num" onClick={() => onJump(seq)} aria-label={w.brief.jump(seq)}>
      {seq}
    </button>
  )
}

/** Responders only raise; a supervisor also lowers. */
function LevelChoice({ detail, me }: { detail: CaseDetail; me: Me }) {
  const { w } = useWords()
  const level = useLevel(detail.id)
  const isSupervisor = me.person.roles.includes('supervisor')
  const choices = LEVELS.filter((each) => (isSupervisor ? each !== detail.level : each < detail.level))
  if (choices.length === 0) return null
  return (
    <section className="level-choice">
      <h3>{w.strip.raise}</h3>
      <p className="hint">{w.strip.raiseHint}</p>
      <div className="tags">
        {choices.map((each) => (
          <Button
            key={each}
            variant="default"
            disabled={level.isPending}
            onClick={() => level.mutate(each)}
            aria-label={w.strip.raiseTo(`${each}, ${w.level[each]}`)}
          >
            <LevelMark level={each} long />
          </Button>
        ))}
      </div>
      <Faulty error={level.error} />
    </section>
  )
}
