import { Button } from '@mantine/core'
import { useState } from 'react'
import { useInvite, usePeople } from '../api/queries'
import type { Me, Person, Role } from '../api/types'
import { Faulty } from '../look/Faulty'
import { Sheet } from '../look/Sheet'
import { useWords } from '../words/language'
import { OneTimeLink } from './OneTimeLink'
import { PersonForm } from './Person'
import { RoleChoice } from './RoleChoice'

/** For administrators: who may sign in, letting somebody in, and looking after each. */
export function People({ me }: { me: Me }) {
  const { w } = useWords()
  const people = usePeople()
  const [isInviting, setInviting] = useState(false)
  const [chosen, setChosen] = useState<Person | null>(null)
  return (
    <main className="page">
      <header className="page-head">
        <h1>{w.people.title}</h1>
        <Button onClick={() => setInviting(true)}>{w.people.invite}</Button>
      </header>
      <Faulty error={people.error} />
      <ul className="people">
        {people.data?.map((person) => (
          <li key={person.id}>
            <span className="avatar" aria-hidden="true">
              {person.name.slice(0, 1).toUpperCase()}
            </span>
            <span className="grow">
              <b>{person.name}</b> {person.id === me.person.id ? <span className="tag">{w.people.you}</span> : null}
              <small>{person.login}</small>
            </span>
            <span className="tags">
              {person.is_active ? (
                person.roles.map((role) => (
                  <span key={role} className="tag">
                    {w.role[role]}
                  </span>
                ))
              ) : (
                <span className="tag line-tag">{w.people.out}</span>
              )}
            </span>
            <Button
              variant="default"
              className="small"
              aria-label={w.people.changeLabel(person.name)}
              onClick={() => setChosen(person)}
            >
              {w.people.change}
            </Button>
          </li>
        ))}
      </ul>
      <Sheet title={w.people.invite} isOpen={isInviting} onClose={() => setInviting(false)}>
        <Invite onDone={() => setInviting(false)} />
      </Sheet>
      <Sheet title={chosen?.name ?? ''} isOpen={chosen !== null} onClose={() => setChosen(null)}>
        {chosen ? <PersonForm key={chosen.id} person={chosen} onDone={() => setChosen(null)} /> : null}
      </Sheet>
    </main>
  )
}

function Invite({ onDone }: { onDone: () => void }) {
  const { w } = useWords()
  const [roles, setRoles] = useState<Role[]>(['responder'])
  const invite = useInvite()
  if (invite.data) return <OneTimeLink invitation={invite.data} label={w.people.link} onDone={onDone} />
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        if (roles.length > 0) invite.mutate(roles)
      }}
    >
      <p className="soft">{w.people.inviteLead}</p>
      <RoleChoice roles={roles} onChange={setRoles} />
      <Faulty error={invite.error} />
      <Button type="submit" className="big" disabled={roles.length === 0} loading={invite.isPending}>
        {w.people.makeLink}
      </Button>
    </form>
  )
}
