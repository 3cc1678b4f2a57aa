import { describe, expect, test } from 'vitest'
import { lockWords } from '../src/case/LockBar'
import { noteLock, replyLock, type Situation, seenNow } from '../src/case/locks'
import { en } from '../src/words/en'
import { id } from '../src/words/id'
import { makeCase, makeMe, makeMessage } from './builders'

function situation(change: Partial<Situation> = {}): Situation {
  return { detail: makeCase(), me: makeMe(), connection: 'live', seen: 1, toldLast: 0, heldBefore: true, ...change }
}

const lost = { is_mine: false, holder: null, status: 'queued' as const, lock: 'not_holder' as const }

describe('a reply', () => {
  test('is free when the case is ours, all is read and the connection lives', () => {
    expect(replyLock(situation())).toBeNull()
  })

  test.each([
    ['closed', { detail: makeCase({ status: 'closed' }) }, { why: 'closed', action: 'none' }],
    ['blocked', { detail: makeCase({ lock: 'contact_blocked' }) }, { why: 'blocked', action: 'note' }],
    ['stopped', { detail: makeCase({ lock: 'contact_stopped' }) }, { why: 'stopped', action: 'note' }],
    ['unsafe to write first', { detail: makeCase({ lock: 'unsafe' }) }, { why: 'unsafe', action: 'note' }],
    [
      'a day of silence, and they agreed',
      { detail: makeCase({ lock: 'window_closed', knock: 'possible' }) },
      { why: 'window', knock: 'possible', action: 'knock' },
    ],
    [
      'a day of silence, and they did not agree',
      { detail: makeCase({ lock: 'window_closed', knock: 'no_consent' }) },
      { why: 'window', knock: 'no_consent', action: 'note' },
    ],
    ['lease lost', { detail: makeCase(lost) }, { why: 'leaseLost', action: 'claim' }],
    ['never held', { detail: makeCase(lost), heldBefore: false }, { why: 'released', action: 'claim' }],
    [
      'lost and off duty',
      { detail: makeCase(lost), me: makeMe({ is_on_duty: false }) },
      { why: 'leaseLost', action: 'none' },
    ],
    [
      'held by somebody else',
      { detail: makeCase({ is_mine: false, holder: 'Bagus' }) },
      { why: 'otherHolder', name: 'Bagus', action: 'none' },
    ],
    ['offline', { connection: 'offline' as const }, { why: 'offline', action: 'none' }],
    ['stale', { connection: 'stale' as const }, { why: 'stale', action: 'none' }],
    ['behind', { seen: 0 }, { why: 'behind', count: 1, action: 'read' }],
    ['told of words not here yet', { toldLast: 5 }, { why: 'behind', count: 0, action: 'none' }],
  ])('is locked when %s', (_name, change, lock) => {
    expect(replyLock(situation(change))).toEqual(lock)
  })

  test('tells what lasts before what passes', () => {
    const both = situation({ detail: makeCase({ status: 'closed' }), connection: 'stale', seen: 0 })

    expect(replyLock(both)?.why).toBe('closed')
  })

  test('locked for any reason has its words in both languages', () => {
    const whys = ['closed', 'blocked', 'stopped', 'unsafe', 'leaseLost', 'released', 'offline', 'stale'] as const
    for (const why of whys)
      for (const w of [id, en])
        for (const line of lockWords({ why, action: 'none' } as never, 'Wulan', w)) expect(line).toMatch(/\S/)
  })
})

describe('a note', () => {
  test('can be written to the team while the person may not be written to', () => {
    expect(noteLock(situation({ detail: makeCase({ lock: 'contact_blocked' }) }))).toBeNull()
    expect(noteLock(situation({ seen: 0 }))).toBeNull()
  })

  test('is locked without network, after the end, and for who neither holds the case nor supervises', () => {
    const lostCase = makeCase({ is_mine: false, holder: 'Bagus' })
    const supervisor = makeMe({
      person: { id: '2', name: 'Bagus', login: 'b', roles: ['supervisor'], is_active: true },
    })

    expect(noteLock(situation({ connection: 'offline' }))?.why).toBe('offline')
    expect(noteLock(situation({ detail: makeCase({ status: 'closed' }) }))?.why).toBe('closed')
    expect(noteLock(situation({ detail: lostCase }))?.why).toBe('otherHolder')
    expect(noteLock(situation({ detail: lostCase, me: supervisor }))).toBeNull()
  })
})

describe('what counts as read', () => {
  const later = makeCase({ thread: [makeMessage(), makeMessage({ seq: 4 })], last_seq: 4 })

  test('is everything shown while nothing is being written', () => {
    expect(seenNow(1, later, '  ', true)).toBe(4)
  })

  test('stays where the draft began, and where the page is not looked at', () => {
    expect(seenNow(1, later, 'Baik', true)).toBe(1)
    expect(seenNow(1, later, '', false)).toBe(1)
  })

  test('at the first look is everything', () => {
    expect(seenNow(null, later, '', true)).toBe(4)
  })
})
