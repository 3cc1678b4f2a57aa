import type { News } from '../api/types'
import type { Connection } from './connection'

/** The server says something at least every 15 s; twice that without a sound means that we may be behind. */
export const SILENCE_MS = 30_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 20_000

export type StreamOptions = {
  open: (signal: AbortSignal) => Promise<Response>
  onNews: (news: News) => void
  onConnection: (connection: Connection) => void
  /** Called once for each time the stream begins: what happened before is asked for anew. */
  onOpen: () => void
  onSignedOut: () => void
  random?: () => number
}

/**
 * Listens to the server until stopped, and comes back after every break, each time a little later. Read with fetch, for an
 * EventSource does not let one hear the comments by which the server shows that it is still there.
 */
export function listen(options: StreamOptions): () => void {
  let isStopped = false
  let failures = 0
  let abort = new AbortController()
  let silence: ReturnType<typeof setTimeout> | undefined
  let wake: (() => void) | undefined

  /** Begins to count the silence anew. */
  function countSilence() {
    clearTimeout(silence)
    silence = setTimeout(() => {
      options.onConnection('stale')
      failures = 0
      abort.abort()
      wake?.()
      countSilence()
    }, SILENCE_MS)
  }

  async function once() {
    abort = new AbortController()
    const response = await options.open(abort.signal)
    if (response.status === 401) {
      isStopped = true
      options.onSignedOut()
      return
    }
    if (!response.ok || !response.body) throw new Error('no stream')
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    const parse = parser(options.onNews)
    let isFirst = true
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      failures = 0
      countSilence()
      options.onConnection('live')
      if (isFirst) options.onOpen()
      isFirst = false
      parse(value)
    }
  }

  async function run() {
    countSilence()
    while (!isStopped) {
      try {
        await once()
      } catch {
        // Why it broke changes nothing: the answer is to come back.
      }
      if (isStopped) break
      const pause = backOff(failures, options.random ?? Math.random)
      failures += 1
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  const online = () => {
    failures = 0
    wake?.()
  }
  window.addEventListener('online', online)
  void run()
  return () => {
    isStopped = true
    clearTimeout(silence)
    window.removeEventListener('online', online)
    abort.abort()
    wake?.()
  }
}

/** How long to wait before the next try, in ms: doubling to 20 s, spread so that many consoles don't come at once. */
export function backOff(failures: number, random: () => number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
  return full / 2 + (full / 2) * random()
}

/** Takes pieces of a stream of Server-Sent Events as they come, and hands on each whole piece of news. */
export function parser(onNews: (news: News) => void): (piece: string) => void {
  let rest = ''
  return (piece) => {
    rest += piece.replaceAll('\r\n', '\n')
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const data = rest
        .slice(0, end)
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n')
      rest = rest.slice(end + 2)
      const news = data ? read(data) : undefined
      if (news) onNews(news)
    }
  }
}

function read(data: string): News | undefined {
  try {
    const news = JSON.parse(data) as News
    return typeof news.kind === 'string' ? news : undefined
  } catch {
    return undefined
  }
}
