import { describe, expect, test } from 'vitest'
import { addMessage, countUnseen, inOrder, itemsOf, quotedPieces, quotesBySeq } from '../src/case/items'
import { makeCase, makeMessage } from './builders'

describe('a thread', () => {
  test('is in order of seq and holds each message once, the latest telling of it', () => {
    const told = [makeMessage({ seq: 3 }), makeMessage({ seq: 1 }), makeMessage({ seq: 3, text: 'baru' })]

    expect(inOrder(told).map((each) => [each.seq, each.text])).toEqual([
      [1, 'pesan 1'],
      [3, 'baru'],
    ])
  })

  test('takes a message that the server and the stream both bring only once', () => {
    const sent = makeMessage({ seq: 2, by: 'responder' })

    const twice = addMessage(addMessage(makeCase(), sent), sent)

    expect(twice.thread.map((each) => each.seq)).toEqual([1, 2])
    expect(twice.last_seq).toBe(2)
  })

  test('is divided before the first unread of the contact, and not by our own words', () => {
    const thread = [
      makeMessage(),
      makeMessage({ seq: 2, by: 'responder' }),
      makeMessage({ seq: 3 }),
      makeMessage({ seq: 4 }),
    ]

    const kinds = itemsOf(thread, 1).map((each) => (each.kind === 'unread' ? `unread ${each.count}` : each.kind))

    expect(kinds).toEqual(['day', 'bubble', 'bubble', 'unread 2', 'bubble', 'bubble'])
    expect(countUnseen(thread, 1)).toBe(2)
    expect(itemsOf(thread, 4).some((each) => each.kind === 'unread')).toBe(false)
  })

  test('tells delivery under the last of a run, and always of what is in doubt', () => {
    const ours = (seq: number, delivery: 'read' | 'unknown') => makeMessage({ seq, by: 'responder', delivery })

    const shown = itemsOf([ours(1, 'read'), ours(2, 'unknown'), ours(3, 'read')], 0)
      .filter((each) => each.kind === 'bubble')
      .map((each) => each.showsDelivery)

    expect(shown).toEqual([false, true, true])
  })

  test('marks quoted words as written, whatever their case, and loses none', () => {
    const pieces = quotedPieces('dia Bawa Pisau kak', ['bawa pisau', 'kak'])

    expect(pieces.filter((each) => each.isQuoted).map((each) => each.text)).toEqual(['Bawa Pisau', 'kak'])
    expect(pieces.map((each) => each.text).join('')).toBe('dia Bawa Pisau kak')
  })

  test('finds words that a sign quotes from different places of one message', () => {
    const sign = { topic: 't', level: 'P2' as const, words: 'mukul … takut pulang', seq: 1, at: '2026-11-24T10:00:00Z' }

    expect(quotesBySeq([sign]).get(1)).toEqual(['mukul', 'takut pulang'])
  })
})
