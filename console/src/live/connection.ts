/** What we know of the way to the server. `stale`: nothing was heard for a while, so what is shown may be old. */
export type Connection = 'connecting' | 'live' | 'stale' | 'offline'

let current: Connection = 'connecting'
const listeners = new Set<() => void>()

export function connection(): Connection {
  return current
}

export function setConnection(next: Connection) {
  if (next === current) return
  current = next
  for (const tell of listeners) tell()
}

export function onConnection(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}
