import { useSyncExternalStore } from 'react'

/** Where in the console we are. It stands in the fragment, which browsers send to nobody. */
export type Route =
  | { page: 'inbox'; caseId: string | null }
  | { page: 'people' }
  | { page: 'invitation'; token: string }
  | { page: 'reset'; token: string }

export function parseRoute(fragment: string): Route {
  const [first = '', second = ''] = fragment.replace(/^#\/?/, '').split('/')
  if (first === 'undangan' && second) return { page: 'invitation', token: decodeURIComponent(second) }
  if (first === 'sandi' && second) return { page: 'reset', token: decodeURIComponent(second) }
  if (first === 'orang') return { page: 'people' }
  if (first === 'p' && /^\d+$/.test(second)) return { page: 'inbox', caseId: second }
  return { page: 'inbox', caseId: null }
}

export const links = { inbox: '#/', people: '#/orang', case: (id: string) => `#/p/${id}` }

export function go(link: string) {
  window.location.hash = link
}

/** Goes there without leaving the present place in the history: for a link that must not be found again. */
export function goInstead(link: string) {
  window.history.replaceState(null, '', link)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(listen, () => window.location.hash))
}

function listen(tell: () => void): () => void {
  window.addEventListener('hashchange', tell)
  return () => window.removeEventListener('hashchange', tell)
}
