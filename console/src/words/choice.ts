/** Which language the console speaks: chosen here, else the browser's, else Indonesian. */
export type Language = 'id' | 'en'

const STORED_AS = 'teduh.language'

export function preferred(languages: readonly string[], stored: string | null): Language {
  if (stored === 'id' || stored === 'en') return stored
  for (const tag of languages) {
    const name = tag.toLowerCase().split('-')[0]
    if (name === 'id' || name === 'in' || name === 'jv' || name === 'su') return 'id'
    if (name === 'en') return 'en'
  }
  return 'id'
}

let current: Language = preferred(navigator.languages ?? [], read())
const listeners = new Set<() => void>()

export function currentLanguage(): Language {
  return current
}

export function chooseLanguage(language: Language) {
  current = language
  try {
    window.localStorage.setItem(STORED_AS, language)
  } catch {
    // A browser that keeps nothing still changes for this visit.
  }
  for (const tell of listeners) tell()
}

export function onLanguage(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

function read(): string | null {
  try {
    return window.localStorage.getItem(STORED_AS)
  } catch {
    return null
  }
}
