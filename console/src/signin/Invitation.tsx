import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError, isFault } from '../api/client'
import { useAccept, useLink } from '../api/queries'
import { goInstead, links } from '../inbox/route'
import { Faulty } from '../look/Faulty'
import { useWords } from '../words/language'
import { Door } from './Door'
import { PasswordRules } from './PasswordRules'

/** Where a one-time link leads: the first administrator's and everybody's after that. */
export function Invitation({ token }: { token: string }) {
  const { w } = useWords()
  const [form, setForm] = useState({ name: '', login: '', password: '', alsoResponder: false })
  const accept = useAccept()
  const link = useLink(token)
  const fault = accept.error instanceof ApiError ? accept.error.fault : null
  const faultAt = (field: string) => (fault?.field === field ? fault.message : undefined)

  function submit(event: FormEvent) {
    event.preventDefault()
    accept.mutate(
      {
        token,
        name: form.name.trim(),
        login: form.login.trim(),
        password: form.password,
        also_responder: form.alsoResponder,
      },
      { onSuccess: () => goInstead(links.inbox) },
    )
  }

  if (isFault(link.error, 'link_used'))
    return (
      <Door title={w.invitation.usedTitle} lead={w.invitation.used}>
        <Button className="big" onClick={() => goInstead(links.inbox)}>
          {w.signIn.title}
        </Button>
      </Door>
    )
  return (
    <Door title={w.invitation.title} lead={w.invitation.lead}>
      <form className="form" onSubmit={submit}>
        <TextInput
          label={w.invitation.name}
          description={w.invitation.nameHint}
          autoComplete="given-name"
          value={form.name}
          error={faultAt('name')}
          onChange={(event) => setForm({ ...form, name: event.currentTarget.value })}
          maxLength={60}
          required
          withAsterisk={false}
        />
        <TextInput
          label={w.invitation.login}
          description={w.invitation.loginHint}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={form.login}
          error={faultAt('login')}
          onChange={(event) => setForm({ ...form, login: event.currentTarget.value })}
          maxLength={40}
          required
          withAsterisk={false}
        />
        <PasswordInput
          label={w.invitation.password}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': w.signIn.show }}
          value={form.password}
          error={faultAt('password')}
          onChange={(event) => setForm({ ...form, password: event.currentTarget.value })}
          aria-describedby="password-rules"
          required
          withAsterisk={false}
        />
        <PasswordRules password={form.password} name={form.name} login={form.login} />
        {link.data?.is_first ? (
          <Checkbox
            label={w.invitation.alsoResponder}
            description={w.invitation.alsoResponderHint}
            checked={form.alsoResponder}
            onChange={(event) => setForm({ ...form, alsoResponder: event.currentTarget.checked })}
          />
        ) : null}
        {fault?.field ? null : <Faulty error={accept.error} />}
        <Button type="submit" className="big" loading={accept.isPending}>
          {w.invitation.submit}
        </Button>
      </form>
    </Door>
  )
}
