import { Button, Checkbox } from '@mantine/core'
import { useState } from 'react'
import { useInvite, usePeople } from '../api/queries'
import type { Invitation, Me, Role } from '../api/types'
import { CopyButton } from '../look/CopyButton'
import { Faulty } from '../look/Faulty'
import { Sheet } from '../look/Sheet'
import { useWords } from '../words/language'
import { dayAndClock } from '../words/time'

const ROLES: readonly Role[] = ['responder', 'supervisor', 'administrator']

/** For administrators: who may sign in, and letting somebody in. */
export function People({ me }: { me: Me }) {
  const { w } = useWords()
  const people = usePeople()
  const [isInviting, setInviting] = useState(false)
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
              {person.roles.map((role) => (
                <span key={role} className="tag">
                  {w.role[role]}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
      <Sheet title={w.people.invite} isOpen={isInviting} onClose={() => setInviting(false)}>
        <Invite onDone={() => setInviting(false)} />
      </Sheet>
    </main>
  )
}

function Invite({ onDone }: { onDone: () => void }) {
  const { w } = useWords()
  const [roles, setRoles] = useState<Role[]>(['responder'])
  const invite = useInvite()
  if (invite.data) return <OneTimeLink invitation={invite.data} onDone={onDone} />
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault()
        if (roles.length > 0) invite.mutate(roles)
      }}
    >
      <p className="soft">{w.people.inviteLead}</p>
      <fieldset className="checks">
        <legend>{w.people.roles}</legend>
        {ROLES.map((role) => (
          <Checkbox
            key={role}
            label={w.role[role]}
            description={w.people.roleHint[role]}
            checked={roles.includes(role)}
            onChange={(event) =>
              setRoles(event.currentTarget.checked ? [...roles, role] : roles.filter((each) => each !== role))
            }
          />
        ))}
      </fieldset>
      {roles.length === 0 ? <p className="hint">{w.people.needRole}</p> : null}
      <Faulty error={invite.error} />
      <Button type="submit" className="big" disabled={roles.length === 0} loading={invite.isPending}>
        {w.people.makeLink}
      </Button>
    </form>
  )
}

function OneTimeLink({ invitation, onDone }: { invitation: Invitation; onDone: () => void }) {
  const { w, language } = useWords()
  const link = `${window.location.origin}${invitation.path}`
  return (
    <div className="form">
      <p className="soft">{w.people.once(dayAndClock(invitation.expires_at, language))}</p>
      <label className="link-field">
        <span>{w.people.link}</span>
        <input readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <div className="two">
        <CopyButton text={link} label={w.copy} isBig />
        <Button variant="default" className="big" onClick={onDone}>
          {w.people.done}
        </Button>
      </div>
    </div>
  )
}
