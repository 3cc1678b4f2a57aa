import { Button } from '@mantine/core'
import { useState } from 'react'
import { useActive, useResetLink, useRoles } from '../api/queries'
import type { Person, Role } from '../api/types'
import { Faulty } from '../look/Faulty'
import { useWords } from '../words/language'
import { OneTimeLink } from './OneTimeLink'
import { RoleChoice } from './RoleChoice'

/** What an administrator does for one person: other roles, a new password, out and in again. */
export function PersonForm({ person, onDone }: { person: Person; onDone: () => void }) {
  const { w } = useWords()
  const [roles, setRoles] = useState<Role[]>(person.roles)
  const [isAsking, setAsking] = useState(false)
  const change = useRoles(person.id)
  const active = useActive(person.id)
  const link = useResetLink(person.id)
  if (link.data) return <OneTimeLink invitation={link.data} label={w.people.resetLink} onDone={onDone} />
  if (!person.is_active)
    return (
      <div className="form">
        <p>{w.people.isOut}</p>
        <Faulty error={active.error} />
        <Button className="big" loading={active.isPending} onClick={() => active.mutate(true, { onSuccess: onDone })}>
          {w.people.letIn}
        </Button>
      </div>
    )
  if (isAsking)
    return (
      <div className="form">
        <p>{w.people.shutOutBody(person.name)}</p>
        <Faulty error={active.error} />
        <div className="two">
          <Button
            variant="default"
            className="big"
            loading={active.isPending}
            onClick={() => active.mutate(false, { onSuccess: onDone })}
          >
            {w.people.shutOut}
          </Button>
          <Button className="big" onClick={() => setAsking(false)}>
            {w.cancel}
          </Button>
        </div>
      </div>
    )
  return (
    <div className="form">
      <RoleChoice roles={roles} onChange={setRoles} />
      <Faulty error={change.error} />
      <Button
        className="big"
        disabled={roles.length === 0}
        loading={change.isPending}
        onClick={() => change.mutate(roles, { onSuccess: onDone })}
      >
        {w.people.saveRoles}
      </Button>
      <p className="hint">{w.people.resetHint}</p>
      <Faulty error={link.error} />
      <Button variant="default" className="big" loading={link.isPending} onClick={() => link.mutate()}>
        {w.people.makeResetLink}
      </Button>
      <Button variant="default" className="big" onClick={() => setAsking(true)}>
        {w.people.shutOut}
      </Button>
    </div>
  )
}
