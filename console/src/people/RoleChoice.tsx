import { Checkbox } from '@mantine/core'
import type { Role } from '../api/types'
import { useWords } from '../words/language'

const ROLES: readonly Role[] = ['responder', 'supervisor', 'administrator']

/** The roles that somebody has or will have, each with what it lets them do. */
export function RoleChoice({ roles, onChange }: { roles: readonly Role[]; onChange: (roles: Role[]) => void }) {
  const { w } = useWords()
  return (
    <>
      <fieldset className="checks">
        <legend>{w.people.roles}</legend>
        {ROLES.map((role) => (
          <Checkbox
            key={role}
            label={w.role[role]}
            description={w.people.roleHint[role]}
            checked={roles.includes(role)}
            onChange={(event) =>
              onChange(event.currentTarget.checked ? [...roles, role] : roles.filter((each) => each !== role))
            }
          />
        ))}
      </fieldset>
      {roles.length === 0 ? <p className="hint">{w.people.needRole}</p> : null}
    </>
  )
}
