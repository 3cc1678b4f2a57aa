import type { Presence } from '../api/types'

export const PRESENCE_MS = 20_000

/**
 * Tells the server every 20 s, and at once when the page comes back to the front, that somebody is here: it keeps their people
 * under lease and counts them as on duty. `onLost` gets the cases that were held and are no more.
 */
export function keepPresent(options: {
  send: () => Promise<Presence>
  held: () => readonly string[]
  onLost: (caseIds: string[]) => void
}): () => void {
  let isStopped = false

  async function say() {
    const before = options.held()
    const answer = await options.send().catch(() => null)
    if (isStopped || answer === null) return
    const lost = before.filter((id) => !answer.held.includes(id))
    if (lost.length > 0) options.onLost(lost)
  }

  const comesBack = () => {
    if (document.visibilityState === 'visible') void say()
  }
  const timer = setInterval(() => void say(), PRESENCE_MS)
  document.addEventListener('visibilitychange', comesBack)
  void say()
  return () => {
    isStopped = true
    clearInterval(timer)
    document.removeEventListener('visibilitychange', comesBack)
  }
}
