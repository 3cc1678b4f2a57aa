import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { LevelCount, Queue } from '../api/types'
import { countWaiting } from '../queue/card'
import { useWords } from '../words/language'
import { arrivals, lastRang, onRing, ring, ringState } from './ring'

/** While somebody in danger waits and nobody takes them, it rings again this often. */
const AGAIN_MS = 20_000

/** Rings and says in words when somebody new waits; keeps the tab's title to a number. Gives the words for a screen reader. */
export function useArrivals(queue: Queue | undefined, isOnDuty: boolean): string {
  const { w } = useWords()
  const before = useRef<readonly LevelCount[] | null>(null)
  const [told, setTold] = useState('')

  useEffect(() => {
    if (!queue) return
    const { count, levels } = arrivals(before.current, queue.levels)
    before.current = queue.levels
    if (count === 0 || !isOnDuty) return
    setTold(w.next.arrived(count, levels.map((each) => `${each}, ${w.level[each]}`).join('; ')))
    ring()
  }, [queue, isOnDuty, w])

  const isDangerWaiting = Boolean(
    queue?.may_take && queue.levels.some((each) => each.level === 'P1' && each.waiting > 0),
  )
  useEffect(() => {
    if (!isDangerWaiting) return
    const timer = setInterval(ring, AGAIN_MS)
    return () => clearInterval(timer)
  }, [isDangerWaiting])

  const waiting = isOnDuty ? countWaiting(queue) : 0
  useEffect(() => {
    document.title = waiting > 0 ? w.title.waiting(waiting) : w.name
    return () => {
      document.title = w.name
    }
  }, [waiting, w])

  return told
}

export function useRing() {
  const state = useSyncExternalStore(onRing, ringState)
  const heardAt = useSyncExternalStore(onRing, lastRang)
  return { state, heardAt }
}
