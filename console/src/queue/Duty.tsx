import { Button, Switch } from '@mantine/core'
import { useState } from 'react'
import { useDuty } from '../api/queries'
import type { Me, Queue } from '../api/types'
import { allowRing } from '../live/ring'
import { useRing } from '../live/useArrivals'
import { Faulty } from '../look/Faulty'
import { Icon } from '../look/icons'
import { Sheet } from '../look/Sheet'
import { useWords } from '../words/language'
import { clock } from '../words/time'

/** Whether one takes people at the moment. Those one has stay either way. */
export function Duty({ me, queue }: { me: Me; queue: Queue | undefined }) {
  const { w } = useWords()
  const duty = useDuty()
  const [isAsking, setAsking] = useState(false)
  const held = queue?.mine.length ?? 0
  const others = (queue?.responders_on_duty ?? 0) - (me.is_on_duty ? 1 : 0)
  return (
    <section className="duty">
      <span className="grow">
        <b className="cut">{me.person.name}</b>
        <small>{me.is_on_duty && queue ? w.duty.others(Math.max(0, others)) : w.duty.off}</small>
      </span>
      <Switch
        label={me.is_on_duty ? w.duty.on : w.duty.off}
        aria-label={w.duty.label}
        labelPosition="left"
        size="md"
        checked={me.is_on_duty}
        disabled={duty.isPending}
        onChange={(event) => {
          // A press is what browsers want before they let a page ring.
          if (event.currentTarget.checked) void allowRing()
          if (!event.currentTarget.checked && held > 0) setAsking(true)
          else duty.mutate(event.currentTarget.checked)
        }}
      />
      <Faulty error={duty.error} />
      <Sheet title={w.duty.endTitle} isOpen={isAsking} onClose={() => setAsking(false)}>
        <div className="form">
          <p>{w.duty.endBody(held)}</p>
          <div className="two">
            <Button
              variant="default"
              className="big"
              onClick={() => duty.mutate(false, { onSettled: () => setAsking(false) })}
            >
              {w.duty.end}
            </Button>
            <Button className="big" onClick={() => setAsking(false)}>
              {w.duty.stay}
            </Button>
          </div>
        </div>
      </Sheet>
    </section>
  )
}

/** Whether this device can ring, and when it last did. */
export function Ringing() {
  const { w, language } = useWords()
  const { state, heardAt } = useRing()
  if (state === 'unsupported') return <p className="ringing">{w.ring.unsupported}</p>
  const isReady = state === 'ready'
  return (
    <div className={isReady ? 'ringing' : 'ringing blocked'}>
      <Icon name="bell" />
      <span className="grow">{isReady && heardAt ? w.ring.heard(clock(heardAt, language)) : w.ring.blocked}</span>
      <Button variant={isReady ? 'subtle' : 'default'} className="small" onClick={() => void allowRing()}>
        {isReady ? w.ring.test : w.ring.allow}
      </Button>
    </div>
  )
}
