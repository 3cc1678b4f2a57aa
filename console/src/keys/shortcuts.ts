import { useEffect } from 'react'

export type Action = 'next' | 'down' | 'up' | 'reply' | 'note' | 'help' | 'escape'

const LETTERS: Record<string, Action> = { n: 'next', j: 'down', k: 'up', r: 'reply', i: 'note', '?': 'help' }

/**
 * What a key press asks for. Letters count only outside text fields and without a modifier; Escape counts in
 * them too. An open sheet keeps its keys to itself.
 */
export function actionOf(event: KeyboardEvent): Action | null {
  if (event.defaultPrevented || event.isComposing || isInSheet(event.target)) return null
  if (event.key === 'Escape') return 'escape'
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return null
  return LETTERS[event.key.toLowerCase()] ?? null
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox], [type=radio])')
}

function isInSheet(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role=dialog], [role=menu]') !== null
}

/** Calls what the pressed key asks for. The handlers may change with every render. */
export function useShortcuts(handlers: Partial<Record<Action, () => void>>) {
  useEffect(() => {
    function pressed(event: KeyboardEvent) {
      const action = actionOf(event)
      const handler = action && handlers[action]
      if (!handler) return
      if (action !== 'escape') event.preventDefault()
      handler()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [handlers])
}
