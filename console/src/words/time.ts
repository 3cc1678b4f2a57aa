import type { Language } from './choice'

const LOCALES: Record<Language, string> = { id: 'id-ID', en: 'en-GB' }

/** A clock time as the reader writes it: 01.14 in Indonesian, 01:14 in English. */
export function clock(at: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: '2-digit', minute: '2-digit', hour12: false }).format(
    new Date(at),
  )
}

export function day(at: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { weekday: 'long', day: 'numeric', month: 'long' }).format(
    new Date(at),
  )
}

export function dayAndClock(at: string, language: Language): string {
  return `${day(at, language)}, ${clock(at, language)}`
}

export function isSameDay(one: string, other: string): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString()
}

const UNITS = {
  id: { now: 'kini', minutes: 'mnt', hours: 'jam', days: 'hari' },
  en: { now: 'now', minutes: 'min', hours: 'h', days: 'd' },
}

/** How long ago, in one unit: kini, 6 mnt, 2 jam, 3 hari. */
export function ago(at: string, now: number, language: Language): string {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000)
  const unit = UNITS[language]
  if (minutes < 1) return unit.now
  if (minutes < 60) return `${minutes} ${unit.minutes}`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} ${unit.hours}`
  return `${Math.floor(minutes / 1440)} ${unit.days}`
}

/** How long somebody waits: to the second for the first ten minutes (0.48), then in one unit. For danger, where seconds matter. */
export function wait(since: string, now: number, language: Language): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  if (seconds >= 600) return ago(since, now, language)
  const rest = String(seconds % 60).padStart(2, '0')
  return `${Math.floor(seconds / 60)}${language === 'id' ? '.' : ':'}${rest}`
}
