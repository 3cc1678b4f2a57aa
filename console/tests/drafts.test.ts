import { beforeEach, expect, test } from 'vitest'
import { changeDraft, draftOf, forgetDrafts, hasAnyWords, keepDraftsFor, keyFor } from '../src/case/drafts'

beforeEach(forgetDrafts)

test('the same words are sent under the same key, changed words under another', () => {
  changeDraft('7', { reply: 'Baik' })
  const first = keyFor('7', 'reply')

  expect(keyFor('7', 'reply')).toBe(first)
  changeDraft('7', { reply: 'Baik.' })
  expect(keyFor('7', 'reply')).not.toBe(first)
})

test('a note never becomes a reply by switching', () => {
  changeDraft('7', { mode: 'note', note: 'anak ikut' })
  changeDraft('7', { mode: 'reply' })

  expect(draftOf('7').reply).toBe('')
  expect(draftOf('7').note).toBe('anak ikut')
})

test('drafts outlive a sign-in that ran out, but are never shown to somebody else', () => {
  keepDraftsFor('1')
  changeDraft('7', { reply: 'Baik' })

  expect(keepDraftsFor('1')).toBe(false)
  expect(hasAnyWords()).toBe(true)
  expect(keepDraftsFor('2')).toBe(true)
  expect(hasAnyWords()).toBe(false)
})

test('no word of a draft is stored in the browser', () => {
  changeDraft('7', { reply: 'kata yang dijaga', note: 'juga ini' })

  expect(JSON.stringify({ ...window.localStorage, ...window.sessionStorage })).not.toContain('dijaga')
})
