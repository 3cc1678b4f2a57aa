import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { CloseForm } from '../src/case/CloseForm'
import { Composer } from '../src/case/Composer'
import { changeDraft, draftOf, forgetDrafts } from '../src/case/drafts'
import { SafetyStrip } from '../src/case/Safety'
import { Thread } from '../src/case/Thread'
import { parseRoute } from '../src/inbox/route'
import { actionOf } from '../src/keys/shortcuts'
import { LevelMark } from '../src/look/LevelMark'
import { PersonForm } from '../src/people/Person'
import { cardOf } from '../src/queue/card'
import { Duty } from '../src/queue/Duty'
import { TakeNext } from '../src/queue/TakeNext'
import { Troubles } from '../src/queue/Troubles'
import { Invitation } from '../src/signin/Invitation'
import { rulesOf } from '../src/signin/password'
import { SignIn } from '../src/signin/SignIn'
import { id } from '../src/words/id'
import { json, makeCase, makeMe, makeMessage, makeQueue, network, show } from './builders'

beforeEach(forgetDrafts)

test('each level says its name and has its own shape', () => {
  show(['P1', 'P2', 'P3', 'P4'].map((level) => <LevelMark key={level} level={level as 'P1'} />))

  const names = screen.getAllByRole('img').map((each) => each.getAttribute('aria-label'))
  expect(names).toEqual(['P1, Bahaya sekarang', 'P2, Sangat serius', 'P3, Perlu dibantu', 'P4, Informasi'])
  expect(new Set([...document.querySelectorAll('svg')].map((each) => each.innerHTML)).size).toBe(4)
})

describe('the card for the next person', () => {
  test.each([
    ['off_duty', id.next.offDuty],
    ['full', id.next.full],
    ['nobody_waits', id.next.nobody],
  ] as const)('says why when %s, and stays where it is', (reason, words) => {
    const taking = { isPending: false, error: null } as never
    const take = vi.fn()
    show(<TakeNext queue={makeQueue({ may_take: false, reason })} connection="live" taking={taking} take={take} />)

    const button = screen.getByRole('button', { name: new RegExp(id.next.take) })
    fireEvent.click(button)

    expect(button.getAttribute('aria-disabled')).toBe('true')
    expect(document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent).toBe(words)
    expect(take).not.toHaveBeenCalled()
  })

  test('is open when somebody waits, and closed without network', () => {
    expect(cardOf(makeQueue(), 'live', id)).toEqual({ canTake: true, reason: '' })
    expect(cardOf(makeQueue(), 'offline', id).canTake).toBe(false)
    expect(cardOf(undefined, 'live', id).canTake).toBe(false)
  })
})

describe('writing to somebody', () => {
  const writing = (detail = makeCase()) =>
    show(<Composer detail={detail} me={makeMe()} connection="live" fieldRef={{ current: null }} />)
  const field = () => screen.getByRole('textbox') as HTMLTextAreaElement

  test('sends on Ctrl+Enter what was written against what was read, and only then clears it', async () => {
    const sent = network(() => json(makeMessage({ seq: 2, by: 'responder' }), 201))
    writing()

    fireEvent.change(field(), { target: { value: 'Baik' } })
    fireEvent.keyDown(field(), { key: 'Enter', ctrlKey: true })
    await waitFor(() => expect(field().value).toBe(''))

    const [request] = sent
    expect(request?.url).toMatch(/\/api\/cases\/7\/replies$/)
    expect(request?.headers.get('x-teduh')).toBe('1')
    expect(await request?.json()).toMatchObject({ text: 'Baik', control_epoch: 3, seen_seq: 1 })
  })

  test('that came too late keeps the draft and asks to read first', async () => {
    const moved = { code: 'conversation_moved_on', message: 'x', field: '', last_seq: 2, wait_seconds: null }
    network(() => json(moved, 409))
    writing()

    fireEvent.change(field(), { target: { value: 'Baik' } })
    fireEvent.keyDown(field(), { key: 'Enter', ctrlKey: true })

    expect(await screen.findByText(id.lock.behind('Wulan'))).toBeTruthy()
    expect(draftOf('7').reply).toBe('Baik')
  })

  test('opens again with one press once the new words are read', () => {
    changeDraft('7', { reply: 'Baik', seen: 1 })
    writing(makeCase({ thread: [makeMessage(), makeMessage({ seq: 2 })], last_seq: 2 }))

    expect(screen.getByRole('button', { name: id.composer.send('Wulan') }).getAttribute('aria-disabled')).toBe('true')
    fireEvent.click(screen.getByRole('button', { name: id.lock.haveRead }))

    expect(screen.queryByText(id.lock.behind('Wulan'))).toBeNull()
    expect(field().value).toBe('Baik')
    expect(draftOf('7').seen).toBe(2)
  })

  test('a note looks different, names its readers and keeps the reply apart', () => {
    writing()
    fireEvent.change(field(), { target: { value: 'Baik' } })

    fireEvent.click(screen.getByRole('button', { name: id.composer.note }))

    expect(field().value).toBe('')
    expect(field().getAttribute('aria-label')).toBe(id.composer.noteField)
    expect(screen.getByText(id.composer.noteHint('Wulan'))).toBeTruthy()
    expect(screen.getByRole('button', { name: id.composer.save })).toBeTruthy()
  })
})

describe('closing', () => {
  test('needs an outcome and sends the neutral farewell', async () => {
    const sent = network(() => new Response(null, { status: 204 }))
    show(<CloseForm detail={makeCase()} onClosed={() => {}} />)

    fireEvent.click(screen.getByRole('button', { name: id.closing.submit }))
    expect(screen.getByRole('alert').textContent).toBe(id.closing.needOutcome)
    expect(sent).toEqual([])

    fireEvent.click(screen.getByRole('radio', { name: id.outcome.helped }))
    fireEvent.click(screen.getByRole('button', { name: id.closing.submit }))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(await sent[0]?.json()).toEqual({
      outcome: 'helped',
      note: '',
      farewell: id.farewell.id,
    })
  })

  test('sends no farewell to who may not be written to', () => {
    show(<CloseForm detail={makeCase({ may_write: false, lock: 'unsafe' })} onClosed={() => {}} />)

    const farewell = screen.getByRole('textbox', { name: new RegExp(id.closing.farewell) }) as HTMLTextAreaElement
    expect(farewell.disabled).toBe(true)
    expect(farewell.value).toBe('')
  })
})

test('the safety strip tells level, words, rule, place and speaker', () => {
  const sign = {
    topic: 'immediate_danger',
    level: 'P1' as const,
    words: 'bawa pisau',
    seq: 1,
    at: '2026-11-24T10:00:00Z',
  }
  show(
    <SafetyStrip
      detail={makeCase({ may_contact_first: false, place: 'Temanggung', signs: [sign] })}
      onOpen={() => {}}
    />,
  )

  const strip = within(screen.getByRole('region', { name: id.strip.label }))
  for (const words of ['“bawa pisau”', id.strip.notFirstShort, 'Temanggung', id.strip.me])
    expect(strip.getAllByText(words).length).toBeGreaterThan(0)
})

describe('a promise that has passed', () => {
  const LATE = '2000-01-01T00:05:00Z'

  test('is told beside the level in the queue', () => {
    const queue = makeQueue()
    const levels = queue.levels.map((each) => ({
      ...each,
      waiting: 1,
      oldest_at: '2000-01-01T00:00:00Z',
      respond_by: each.level === 'P2' ? LATE : '2999-01-01T00:00:00Z',
    }))
    const taking = { isPending: false, error: null } as never
    show(<TakeNext queue={{ ...queue, levels }} connection="live" taking={taking} take={() => {}} />)

    const late = screen.getAllByRole('row').filter((row) => row.textContent?.includes(id.next.late))
    expect(late.map((row) => row.textContent)).toEqual([expect.stringContaining('P2')])
  })

  test.each([
    ['nobody answered', [], true],
    ['a note alone was written', [{ by: 'responder', kind: 'note', at: '2000-01-01T00:02:00Z' }], true],
    ['a person answered', [{ by: 'responder', at: '2000-01-01T00:02:00Z' }], false],
    ['a person answered an earlier case', [{ by: 'responder', at: '1999-01-01T00:02:00Z' }], true],
  ] as const)('is told above the talk when %s', (_why, said, isTold) => {
    const thread = said.map((each) => makeMessage(each))
    show(
      <SafetyStrip
        detail={makeCase({ waiting_since: '2000-01-01T00:00:00Z', respond_by: LATE, thread })}
        onOpen={() => {}}
      />,
    )

    expect(screen.queryAllByText(/Belum dibalas petugas/)).toHaveLength(isTold ? 1 : 0)
  })
})

test('going off duty with somebody in hand is asked first, and says what becomes of them', async () => {
  const sent = network(() => json(makeMe({ is_on_duty: false })))
  const held = { mine: [{ id: '7' }] } as never
  show(<Duty me={makeMe()} queue={makeQueue(held)} />)

  fireEvent.click(screen.getByRole('switch'))
  expect(screen.getByText(id.duty.endBody(1))).toBeTruthy()
  expect(sent).toEqual([])
  fireEvent.click(screen.getByRole('button', { name: id.duty.end }))

  await waitFor(() => expect(sent).toHaveLength(1))
  expect(await sent[0]?.json()).toEqual({ is_on_duty: false })
})

test('words with stars of the program are bold, those of a person stay as they are', () => {
  const thread = [
    makeMessage({ by: 'program', text: 'Tulis *aman*.' }),
    makeMessage({ seq: 2, text: 'kata *dia* begitu' }),
  ]
  show(<Thread detail={makeCase({ thread })} seen={null} me={makeMe()} />)

  expect([...document.querySelectorAll('.bubble p b')].map((each) => each.textContent)).toEqual(['aman'])
  expect(screen.getByText('kata *dia* begitu')).toBeTruthy()
})

test('who came by the door for danger is not counted as one more than there can be', () => {
  expect([id.mine.of(2, 3), id.mine.of(4, 3)]).toEqual(['2 dari 3', '3 dari 3, dan 1 lewat pintu P1'])
})

test('signing in has labelled fields that a password manager knows', () => {
  show(<SignIn isAgain={false} />)

  expect(screen.getByLabelText(id.signIn.login).getAttribute('autocomplete')).toBe('username')
  expect(screen.getByLabelText(id.signIn.password).getAttribute('autocomplete')).toBe('current-password')
})

test('a link that was used says so before anything is filled in', async () => {
  network(() => json({ code: 'link_used', message: 'x', field: '', last_seq: null, wait_seconds: null }, 401))
  show(<Invitation token="t" />)

  expect(await screen.findByText(id.invitation.used)).toBeTruthy()
  expect(screen.queryByRole('textbox')).toBeNull()
})

describe('looking after somebody', () => {
  const budi = { id: '2', name: 'Budi', login: 'budi', roles: ['responder' as const], is_active: true }

  test('shuts them out only after saying what becomes of their people', async () => {
    const sent = network(() => new Response(null, { status: 204 }))
    show(<PersonForm person={budi} onDone={() => {}} />)

    fireEvent.click(screen.getByRole('button', { name: id.people.shutOut }))
    expect(screen.getByText(id.people.shutOutBody('Budi'))).toBeTruthy()
    expect(sent).toEqual([])
    fireEvent.click(screen.getByRole('button', { name: id.people.shutOut }))

    await waitFor(() => expect(sent.length).toBeGreaterThan(0))
    expect(sent[0]?.url).toMatch(/\/api\/people\/2\/active$/)
    expect(await sent[0]?.json()).toEqual({ is_active: false })
  })

  test('needs a role, and sends those that were chosen', async () => {
    const sent = network(() => new Response(null, { status: 204 }))
    show(<PersonForm person={budi} onDone={() => {}} />)
    const save = screen.getByRole('button', { name: id.people.saveRoles }) as HTMLButtonElement

    fireEvent.click(screen.getByRole('checkbox', { name: id.role.responder }))
    expect(save.disabled).toBe(true)
    fireEvent.click(screen.getByRole('checkbox', { name: id.role.supervisor }))
    fireEvent.click(save)

    await waitFor(() => expect(sent.length).toBeGreaterThan(0))
    expect(await sent[0]?.json()).toEqual({ roles: ['supervisor'] })
  })

  test('of somebody who is out offers to let them in again and nothing else', () => {
    show(<PersonForm person={{ ...budi, is_active: false }} onDone={() => {}} />)

    expect(screen.getAllByRole('button').map((each) => each.textContent)).toEqual([id.people.letIn])
  })
})

test("a password is told long enough and one's own while it is typed", () => {
  expect(rulesOf('payung hijau kecil', 'Ratna', 'ratna')).toEqual({ isLong: true, isOwn: true })
  expect(rulesOf('ratna-ratna-ratna', 'Ratna', 'ratna')).toEqual({ isLong: true, isOwn: false })
  expect(rulesOf('', '', '')).toEqual({ isLong: false, isOwn: false })
})

describe('keys', () => {
  const press = (key: string, target: EventTarget, rest = {}) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, ...rest })
    let action: string | null = null
    const look = (each: Event) => {
      action = actionOf(each as KeyboardEvent)
    }
    window.addEventListener('keydown', look)
    target.dispatchEvent(event)
    window.removeEventListener('keydown', look)
    return action
  }

  test('are letters only outside text fields, without a modifier, and not under a sheet', () => {
    document.body.innerHTML = '<textarea></textarea><div role="dialog"><p></p></div>'
    const [text, inSheet] = [document.querySelector('textarea'), document.querySelector('p')]

    expect(press('n', document.body)).toBe('next')
    expect(press('?', document.body)).toBe('help')
    expect(press('n', document.body, { ctrlKey: true })).toBeNull()
    expect(press('n', text as Element)).toBeNull()
    expect(press('Escape', text as Element)).toBe('escape')
    expect(press('Escape', inSheet as Element)).toBeNull()
  })
})

test('a place in the console is read from the fragment', () => {
  expect(parseRoute('#/undangan/a%2Bb')).toEqual({ page: 'invitation', token: 'a+b' })
  expect(parseRoute('#/sandi/1.2.a')).toEqual({ page: 'reset', token: '1.2.a' })
  expect(parseRoute('#/p/7')).toEqual({ page: 'inbox', caseId: '7' })
  expect(parseRoute('#/p/7;x')).toEqual({ page: 'inbox', caseId: null })
  expect(parseRoute('')).toEqual({ page: 'inbox', caseId: null })
})

describe('what does not arrive', () => {
  test.each(['unreachable', 'moved', 'window_closed', 'superseded', 'refused'] as const)('says why: %s', (failure) => {
    const message = makeMessage({ by: 'responder', delivery: 'failed', failure })
    show(<Thread detail={makeCase({ thread: [message] })} seen={null} me={makeMe()} />)

    expect(screen.getByText(id.failure[failure])).toBeTruthy()
  })

  test('a channel that is down is told with its side, its reason, and what is kept', () => {
    const since = '2026-11-24T10:00:00Z'
    const troubles = [
      { channel: 'whatsapp', side: 'sending', reason: 'payment', since },
      { channel: 'telegram', side: 'taking', reason: 'intake', since },
    ] as const
    show(<Troubles queue={makeQueue({ troubles: [...troubles] })} />)

    const alert = screen.getByRole('alert')
    expect(alert.textContent).toContain('Pesan ke WhatsApp belum bisa dikirim')
    expect(alert.textContent).toContain(id.outage.payment)
    expect(alert.textContent).toContain('Pesan dari Telegram mungkin belum masuk')
    expect(alert.textContent?.match(new RegExp(id.trouble.kept, 'g'))).toHaveLength(1)
  })
})

describe('after a day of silence on WhatsApp', () => {
  const writing = (change: Parameters<typeof makeCase>[0]) =>
    show(
      <Composer
        detail={makeCase({ channel: 'whatsapp', ...change })}
        me={makeMe()}
        connection="live"
        fieldRef={{ current: null }}
      />,
    )

  test('who agreed can be asked to write, with one button', async () => {
    const detail = makeCase({ lock: 'window_closed', knock: 'sent', may_write: false })
    const sent = network(() => json(detail))
    writing({ lock: 'window_closed', knock: 'possible', may_write: false })

    fireEvent.click(screen.getByRole('button', { name: id.lock.knock }))

    await waitFor(() => expect(sent.some((each) => each.url.endsWith('/api/cases/7/knock'))).toBe(true))
  })

  test.each(['no_consent', 'no_template', 'sent'] as const)('nobody else is, and it is said why: %s', (knock) => {
    writing({ lock: 'window_closed', knock, may_write: false, window_until: '2026-11-24T14:30:00Z' })

    expect(screen.getByText(id.lock.windowMore[knock])).toBeTruthy()
    expect(screen.queryByRole('button', { name: id.lock.knock })).toBeNull()
    expect(document.getElementById('composer-hint')?.textContent).not.toMatch(/masih sampai/)
  })

  test('before that, it says until when a reply arrives', () => {
    writing({ window_until: '2026-11-24T14:30:00Z' })

    expect(document.getElementById('composer-hint')?.textContent).toMatch(/^Balasan masih sampai hingga /)
  })

  test('where they are is asked with a button in danger only, and told with the reply', async () => {
    forgetDrafts()
    const sent = network(() => json(makeMessage({ seq: 2, by: 'responder' }), 201))
    writing({ level: 'P1' })
    fireEvent.click(screen.getByRole('checkbox', { name: id.composer.askPlace }))
    const field = screen.getByRole('textbox', { name: id.composer.replyField('Wulan') })
    fireEvent.change(field, { target: { value: 'Kamu di mana?' } })
    fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true })

    await waitFor(() => expect(sent).not.toHaveLength(0))
    expect(await sent[0]?.json()).toMatchObject({ text: 'Kamu di mana?', asks_place: true })
    expect(draftOf('7').asksPlace).toBe(false)
  })

  test('where nobody is in danger it is not asked', () => {
    writing({ level: 'P3' })

    expect(screen.queryByRole('checkbox')).toBeNull()
  })
})
