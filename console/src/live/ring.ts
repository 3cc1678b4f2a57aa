import type { Level, LevelCount } from '../api/types'

export type RingState = 'blocked' | 'ready' | 'unsupported'

/** Who came since the last look: levels at which more wait, or at which somebody else is now the one who waits. */
export function arrivals(
  before: readonly LevelCount[] | null,
  after: readonly LevelCount[],
): { count: number; levels: Level[] } {
  const levels: Level[] = []
  let count = 0
  for (const now of before === null ? [] : after) {
    const then = before?.find((each) => each.level === now.level)?.waiting ?? 0
    if (now.waiting <= then) continue
    count += now.waiting - then
    levels.push(now.level)
  }
  return { count, levels }
}

let audio: AudioContext | null = null
let lastHeard: string | null = null
const listeners = new Set<() => void>()

export function ringState(): RingState {
  if (typeof AudioContext === 'undefined') return 'unsupported'
  return audio?.state === 'running' ? 'ready' : 'blocked'
}

/** When it last rang, as a time; null for not yet. */
export function lastRang(): string | null {
  return lastHeard
}

export function onRing(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

/** Makes sound possible and lets it be heard once. Browsers allow this only from within a press. */
export async function allowRing(): Promise<void> {
  if (typeof AudioContext === 'undefined') return
  audio ??= new AudioContext()
  audio.onstatechange = tell
  await audio.resume()
  ring()
}

/** Two soft rising notes, twice: heard across a room, frightening nobody. */
export function ring() {
  if (audio?.state !== 'running') return
  const start = audio.currentTime + 0.02
  for (const [index, frequency] of [392, 523.25, 392, 523.25].entries())
    chime(audio, frequency, start + index * 0.34 + (index > 1 ? 0.5 : 0))
  if (typeof navigator.vibrate === 'function') navigator.vibrate([180, 120, 180])
  lastHeard = new Date().toISOString()
  tell()
}

function chime(context: AudioContext, frequency: number, at: number) {
  const loudness = context.createGain()
  loudness.gain.setValueAtTime(0.0001, at)
  loudness.gain.exponentialRampToValueAtTime(0.22, at + 0.04)
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.9)
  loudness.connect(context.destination)
  for (const [ratio, share] of [
    [1, 1],
    [2, 0.25],
  ] as const) {
    const tone = context.createOscillator()
    const part = context.createGain()
    tone.type = 'sine'
    tone.frequency.value = frequency * ratio
    part.gain.value = share
    tone.connect(part).connect(loudness)
    tone.start(at)
    tone.stop(at + 1)
  }
}

function tell() {
  for (const each of listeners) each()
}
