import type { QueryKey } from '@tanstack/react-query'
import { keys } from '../api/queries'
import type { News } from '../api/types'

/**
 * Which answers of the server a piece of news makes old; `held` are one's own cases. An unknown kind makes all of them old:
 * better once too often.
 */
export function madeOld(news: News, held: readonly string[]): QueryKey[] {
  const which = news.case ?? ''
  switch (news.kind) {
    case 'queue':
      return [keys.queue]
    case 'case':
      // Something said in somebody else's conversation changes nothing in the list of one's own people.
      return held.includes(which) ? [keys.case(which), keys.queue] : [keys.case(which)]
    case 'lease_lost':
      return [keys.case(which), keys.queue]
    case 'delivery':
      return [keys.case(which)]
    default:
      return [keys.queue, keys.cases, keys.me]
  }
}
