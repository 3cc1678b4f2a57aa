import { cleanup } from '@testing-library/react'
import { afterEach, vi } from 'vitest'
import { chooseLanguage } from '../src/words/choice'

// What jsdom lacks and the pages use.
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {},
    dispatchEvent: () => false,
  }) as MediaQueryList
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
}

chooseLanguage('id')
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})
