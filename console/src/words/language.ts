import { useSyncExternalStore } from 'react'
import { currentLanguage, type Language, onLanguage } from './choice'
import { en } from './en'
import { id, type Words } from './id'
import { TOPICS } from './topics'

const DICTIONARIES: Record<Language, Words> = { id, en }

/** The words of the chosen language. A change of language changes every component that asked. */
export function useWords(): { w: Words; language: Language } {
  const language = useSyncExternalStore(onLanguage, currentLanguage)
  return { w: DICTIONARIES[language], language }
}

export function wordsOf(language: Language): Words {
  return DICTIONARIES[language]
}

/** A plain label for staff; a topic we have no label for is shown by its name, readable. */
export function topicLabel(slug: string, language: Language): string {
  return TOPICS[slug]?.[language] ?? slug.replaceAll('_', ' ')
}
