import { Button, PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError, isFault } from '../api/client'
import { useReset, useResetOf } from '../api/queries'
import { goInstead, links } from '../inbox/route'
import { Faulty } from '../look/Faulty'
import { useWords } from '../words/language'
import { Door } from './Door'
import { PasswordRules } from './PasswordRules'

/** Where a link for a new password leads. */
export function Reset({ token }: { token: string }) {
  const { w } = useWords()
  const [password, setPassword] = useState('')
  const whose = useResetOf(token)
  const reset = useReset()
  const fault = reset.error instanceof ApiError ? reset.error.fault : null

  function submit(event: FormEvent) {
    event.preventDefault()
    reset.mutate({ token, password }, { onSuccess: () => goInstead(links.inbox) })
  }

  if (isFault(whose.error, 'link_used'))
    return (
      <Door title={w.invitation.usedTitle} lead={w.invitation.used}>
        <Button className="big" onClick={() => goInstead(links.inbox)}>
          {w.signIn.title}
        </Button>
      </Door>
    )
  return (
    <Door title={w.reset.title} lead={w.reset.lead}>
      <form className="form" onSubmit={submit}>
        <p>
          <b>{whose.data?.name}</b> <span className="soft">{whose.data?.login}</span>
        </p>
        <input type="hidden" autoComplete="username" value={whose.data?.login ?? ''} readOnly />
        <PasswordInput
          label={w.invitation.password}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': w.signIn.show }}
          value={password}
          error={fault?.field === 'password' ? fault.message : undefined}
          onChange={(event) => setPassword(event.currentTarget.value)}
          aria-describedby="password-rules"
          required
          withAsterisk={false}
        />
        <PasswordRules password={password} name={whose.data?.name ?? ''} login={whose.data?.login ?? ''} />
        {fault?.field ? null : <Faulty error={reset.error ?? whose.error} />}
        <Button type="submit" className="big" loading={reset.isPending} disabled={!whose.data}>
          {w.reset.submit}
        </Button>
      </form>
    </Door>
  )
}
