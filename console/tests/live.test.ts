import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { keys } from '../src/api/queries'
import type { News } from '../src/api/types'
import { madeOld } from '../src/live/news'
import { keepPresent, PRESENCE_MS } from '../src/live/presence'
import { arrivals } from '../src/live/ring'
import { backOff, listen, parser, SILENCE_MS } from '../src/live/stream'

const news = (kind: string, which = '') => ({ kind, case: which, seq: 0 }) as News

describe('news', () => {
  test.each([
    ['the queue', news('queue'), [keys.queue]],
    ['one of my cases', news('case', '7'), [keys.case('7'), keys.queue]],
    ["somebody else's case", news('case', '8'), [keys.case('8')]],
    ['a delivery', news('delivery', '7'), [keys.case('7')]],
    ['a lost lease', news('lease_lost', '7'), [keys.case('7'), keys.queue]],
    ['news that were missed', news('refresh'), [keys.queue, keys.cases, keys.me]],
    ['a kind we do not know', news('later'), [keys.queue, keys.cases, keys.me]],
  ])('of %s make old what they touch', (_name, told, old) => {
    expect(madeOld(told, ['7'])).toEqual(old)
  })

  test('are read whole, however the stream cuts them, and nonsense is passed over', () => {
    const got: News[] = []
    const read = parser((each) => got.push(each))

    for (const piece of [
      ': hello\n\nda',
      'ta: {"kind":"que',
      'ue"}\r',
      '\n\r\ndata: {oops\n\ndata: {"kind":"refresh"}\n\n',
    ])
      read(piece)

    expect(got.map((each) => each.kind)).toEqual(['queue', 'refresh'])
  })
})

test('coming back waits longer each time, but never over 20 s', () => {
  expect([0, 1, 2, 9].map((failures) => backOff(failures, () => 1))).toEqual([1000, 2000, 4000, 20_000])
  expect(backOff(0, () => 0)).toBe(500)
})

describe('with a clock in hand', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  test('30 s of silence make the connection stale, a sound makes it live, and each beginning asks anew', async () => {
    const streams: ReadableStreamDefaultController<Uint8Array>[] = []
    const states: string[] = []
    const onOpen = vi.fn()
    const stop = listen({
      open: async () =>
        new Response(new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) })),
      onNews: () => {},
      onConnection: (state) => states.push(state),
      onOpen,
      onSignedOut: () => {},
    })

    await vi.advanceTimersByTimeAsync(10)
    streams[0]?.enqueue(new TextEncoder().encode(': hello\n\n'))
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 100)
    expect(states).toEqual(['live'])
    await vi.advanceTimersByTimeAsync(200)
    expect(states).toEqual(['live', 'stale'])
    expect(onOpen).toHaveBeenCalledTimes(1)
    stop()
  })

  test('a sign-in that ran out ends the listening', async () => {
    const open = vi.fn(async () => new Response('', { status: 401 }))
    const onSignedOut = vi.fn()
    listen({ open, onNews: () => {}, onConnection: () => {}, onOpen: () => {}, onSignedOut })

    await vi.advanceTimersByTimeAsync(120_000)

    expect(onSignedOut).toHaveBeenCalledTimes(1)
    expect(open).toHaveBeenCalledTimes(1)
  })

  test('presence is told at once, every 20 s and on coming back, and what was lost is said', async () => {
    const onLost = vi.fn()
    const send = vi.fn(async () => ({ held: ['7'], lease_until: null }))
    const stop = keepPresent({ send, held: () => ['7', '8'], onLost })

    await vi.advanceTimersByTimeAsync(PRESENCE_MS * 2)
    expect(send).toHaveBeenCalledTimes(3)
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
    expect(send).toHaveBeenCalledTimes(4)
    expect(onLost).toHaveBeenLastCalledWith(['8'])

    stop()
    await vi.advanceTimersByTimeAsync(PRESENCE_MS * 2)
    expect(send).toHaveBeenCalledTimes(4)
  })

  test('no answer to presence is no loss', async () => {
    const onLost = vi.fn()
    const stop = keepPresent({ send: () => Promise.reject(new Error('away')), held: () => ['7'], onLost })

    await vi.advanceTimersByTimeAsync(PRESENCE_MS)

    expect(onLost).not.toHaveBeenCalled()
    stop()
  })
})

describe('who has come', () => {
  const levels = (p1: number, p2: number) => [
    { level: 'P1' as const, waiting: p1, oldest_at: null },
    { level: 'P2' as const, waiting: p2, oldest_at: null },
  ]

  test('is nobody at the first look, nor when people leave', () => {
    expect(arrivals(null, levels(3, 1)).count).toBe(0)
    expect(arrivals(levels(3, 1), levels(2, 1)).count).toBe(0)
  })

  test('is told by level, also when somebody else left meanwhile', () => {
    expect(arrivals(levels(1, 1), levels(0, 3))).toEqual({ count: 2, levels: ['P2'] })
  })
})
