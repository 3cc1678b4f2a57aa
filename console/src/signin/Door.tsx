import type { ReactNode } from 'react'
import { Icon } from '../look/icons'
import { chooseLanguage } from '../words/choice'
import { useWords } from '../words/language'

/** The page around a form for somebody who is not in yet. */
export function Door({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  const { w } = useWords()
  return (
    <main className="door">
      <div className="door-card">
        <p className="brand">
          <span className="logo">
            <Icon name="umbrella" size={22} />
          </span>
          {w.name}
        </p>
        <h1>{title}</h1>
        <p className="soft">{lead}</p>
        {children}
      </div>
      <LanguageChoice />
    </main>
  )
}

export function LanguageChoice() {
  const { w, language } = useWords()
  return (
    <fieldset className="choice">
      <legend className="sr">{w.language}</legend>
      {(['id', 'en'] as const).map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={language === each}
          onClick={() => chooseLanguage(each)}
        >
          {each === 'id' ? 'Indonesia' : 'English'}
        </button>
      ))}
    </fieldset>
  )
}
