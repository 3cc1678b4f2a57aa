import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { keys, useMe, useSignOut } from './api/queries'
import type { Me } from './api/types'
import { forgetDrafts, hasAnyWords, keepDraftsFor } from './case/drafts'
import { Inbox } from './inbox/Inbox'
import { links, type Route, useRoute } from './inbox/route'
import { KeysSheet } from './keys/KeysSheet'
import { useShortcuts } from './keys/shortcuts'
import { useLive } from './live/useLive'
import { Faulty } from './look/Faulty'
import { Icon } from './look/icons'
import { Sheet } from './look/Sheet'
import { People } from './people/People'
import { LanguageChoice } from './signin/Door'
import { Invitation } from './signin/Invitation'
import { Reset } from './signin/Reset'
import { SignIn } from './signin/SignIn'
import { useWords } from './words/language'

/** The console: a door for who is not in, the rooms for who is. */
export function App() {
  const { w, language } = useWords()
  const route = useRoute()
  const me = useMe()
  const [wasIn, setWasIn] = useState(false)

  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  useEffect(() => {
    if (me.data) setWasIn(true)
  }, [me.data])

  // Also at the door: who has to sign in again has their drafts in this page, and nowhere else.
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (hasAnyWords()) event.preventDefault()
    }
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [])

  if (route.page === 'invitation') return <Invitation token={route.token} />
  if (route.page === 'reset') return <Reset token={route.token} />
  if (me.data) return <Rooms me={me.data} route={route} onSignedOut={() => setWasIn(false)} />
  if (me.data === null) return <SignIn isAgain={wasIn} />
  return (
    <main className="door">
      {me.error ? (
        <div className="door-card">
          <Faulty error={me.error} />
          <Button className="big" onClick={() => void me.refetch()}>
            {w.retry}
          </Button>
        </div>
      ) : (
        <p role="status" className="soft">
          {w.loading}
        </p>
      )}
    </main>
  )
}

function Rooms({ me, route, onSignedOut }: { me: Me; route: Route; onSignedOut: () => void }) {
  const client = useQueryClient()
  const [sheet, setSheet] = useState<'keys' | 'account' | null>(null)
  const takesPeople = me.person.roles.some((role) => role === 'responder' || role === 'supervisor')
  const manages = me.person.roles.includes('administrator')

  useLive()
  useEffect(() => {
    // Somebody else signed in on this page: nothing of the one before may be left.
    if (keepDraftsFor(me.person.id)) client.removeQueries({ queryKey: keys.cases })
  }, [me.person.id, client])
  // Labels and services come from the server, in the language asked for.
  const { language } = useWords()
  const spoken = useRef(language)
  useEffect(() => {
    if (spoken.current !== language) void client.invalidateQueries({ queryKey: keys.cases })
    spoken.current = language
  }, [client, language])
  useShortcuts(useMemo(() => ({ help: () => setSheet('keys') }), []))

  const isPeople = (route.page === 'people' && manages) || !takesPeople
  return (
    <div className="rooms">
      <Rail
        me={me}
        at={isPeople ? 'people' : 'inbox'}
        hasInbox={takesPeople}
        hasPeople={manages}
        isHidden={route.page === 'inbox' && route.caseId !== null}
        onKeys={() => setSheet('keys')}
        onAccount={() => setSheet('account')}
      />
      {isPeople ? (
        <People me={me} />
      ) : (
        <Inbox me={me} caseId={route.page === 'inbox' ? route.caseId : null} isSheetOpen={sheet !== null} />
      )}
      <KeysSheet isOpen={sheet === 'keys'} onClose={() => setSheet(null)} />
      <Account me={me} isOpen={sheet === 'account'} onClose={() => setSheet(null)} onSignedOut={onSignedOut} />
    </div>
  )
}

function Rail(props: {
  me: Me
  at: 'inbox' | 'people'
  hasInbox: boolean
  hasPeople: boolean
  isHidden: boolean
  onKeys: () => void
  onAccount: () => void
}) {
  const { w } = useWords()
  const current = (page: 'inbox' | 'people') => (props.at === page ? ('page' as const) : undefined)
  return (
    <nav className={props.isHidden ? 'rail behind' : 'rail'} aria-label={w.nav.main}>
      <span className="logo" aria-hidden="true">
        <Icon name="umbrella" size={22} />
      </span>
      {props.hasInbox ? (
        <a href={links.inbox} aria-current={current('inbox')} aria-label={w.nav.inbox} title={w.nav.inbox}>
          <Icon name="talk" size={20} />
        </a>
      ) : null}
      {props.hasPeople ? (
        <a href={links.people} aria-current={current('people')} aria-label={w.nav.people} title={w.nav.people}>
          <Icon name="people" size={20} />
        </a>
      ) : null}
      <button type="button" className="end" onClick={props.onKeys} aria-label={w.nav.keys} title={w.nav.keys}>
        <Icon name="help" size={20} />
      </button>
      <button type="button" className="avatar" onClick={props.onAccount} aria-label={w.nav.account}>
        {props.me.person.name.slice(0, 1).toUpperCase()}
      </button>
    </nav>
  )
}

function Account(props: { me: Me; isOpen: boolean; onClose: () => void; onSignedOut: () => void }) {
  const { w } = useWords()
  const signOut = useSignOut(() => {
    forgetDrafts()
    props.onSignedOut()
  })
  return (
    <Sheet title={w.nav.account} isOpen={props.isOpen} onClose={props.onClose}>
      <div className="form">
        <p>
          <b>{props.me.person.name}</b>
          <br />
          <span className="soft">{props.me.person.roles.map((role) => w.role[role]).join(', ')}</span>
        </p>
        <LanguageChoice />
        <p className="hint">{w.account.signOutHint}</p>
        <Faulty error={signOut.error} />
        <Button variant="default" className="big" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {w.account.signOut}
        </Button>
      </div>
    </Sheet>
  )
}
