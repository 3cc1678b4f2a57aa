import { describe, expect, test } from 'vitest'
import { preferred } from '../src/words/choice'
import { en } from '../src/words/en'
import { id } from '../src/words/id'
import { ago, wait } from '../src/words/time'
import { TOPICS } from '../src/words/topics'

type Say = (first: unknown, second: unknown) => string

/** Every text by its path; those with values in them are filled with some. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'function') return [[path, (value as Say)(3, 'Wulan')]]
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
}

describe('the dictionaries', () => {
  test('hold the same keys, none of them empty', () => {
    const [ours, theirs] = [leaves(id), leaves(en)]

    expect(theirs.map(([path]) => path).sort()).toEqual(ours.map(([path]) => path).sort())
    for (const [path, words] of [...ours, ...theirs]) expect(words, path).toMatch(/\S/)
  })

  test('never raise their voice', () => {
    for (const [path, words] of [...leaves(id), ...leaves(en)]) expect(words, path).not.toContain('!')
  })

  test('name all 35 topics in both languages', () => {
    expect(Object.keys(TOPICS)).toHaveLength(35)
    for (const label of Object.values(TOPICS)) expect(label.id && label.en).toBeTruthy()
    expect(JSON.stringify(TOPICS)).not.toContain('korban')
  })
})

describe('the language', () => {
  test.each([
    [['en-GB', 'id'], null, 'en'],
    [['jv-ID', 'en'], null, 'id'],
    [['de', 'en-US'], null, 'en'],
    [['fr'], null, 'id'],
    [['en'], 'id', 'id'],
    [['id'], 'xx', 'id'],
  ] as const)('of %j with %s stored is %s', (languages, stored, language) => {
    expect(preferred(languages, stored)).toBe(language)
  })
})

describe('times', () => {
  const at = '2026-11-24T10:00:00Z'
  const later = (seconds: number) => Date.parse(at) + seconds * 1000

  test('of waiting are told to the second first, then in one unit', () => {
    expect(wait(at, later(48), 'id')).toBe('0.48')
    expect(wait(at, later(365), 'en')).toBe('6:05')
    expect(wait(at, later(2460), 'id')).toBe('41 mnt')
    expect(wait(at, later(-5), 'id')).toBe('0.00')
  })

  test('past are told in one unit', () => {
    expect(ago(at, later(20), 'id')).toBe('kini')
    expect(ago(at, later(7200), 'id')).toBe('2 jam')
    expect(ago(at, later(49 * 3600), 'en')).toBe('2 d')
  })
})
