import { Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useSignIn } from '../api/queries'
import { Faulty } from '../look/Faulty'
import { useWords } from '../words/language'
import { Door } from './Door'

/** `isAgain`: the person was in before, and what they wrote is still here. */
export function SignIn({ isAgain }: { isAgain: boolean }) {
  const { w } = useWords()
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useSignIn()

  function submit(event: FormEvent) {
    event.preventDefault()
    signIn.mutate({ login: login.trim(), password })
  }

  return (
    <Door title={w.signIn.title} lead={isAgain ? w.signIn.again : w.signIn.lead}>
      <form className="form" onSubmit={submit}>
        <TextInput
          label={w.signIn.login}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={login}
          onChange={(event) => setLogin(event.currentTarget.value)}
          autoFocus
          required
          withAsterisk={false}
        />
        <PasswordInput
          label={w.signIn.password}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': w.signIn.show }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <Faulty error={signIn.error} />
        <Button type="submit" className="big" loading={signIn.isPending}>
          {w.signIn.submit}
        </Button>
        <p className="hint">{w.signIn.noLink}</p>
      </form>
    </Door>
  )
}
