import { type QueryKey, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { heldIds, keys, sendPresence } from '../api/queries'
import type { Me, Queue } from '../api/types'
import { type Connection, connection, onConnection, setConnection } from './connection'
import { madeOld } from './news'
import { keepPresent } from './presence'
import { listen } from './stream'

/** News come in bursts; what they make old is asked for once a burst. */
const BURST_MS = 120

export function useConnection(): Connection {
  return useSyncExternalStore(onConnection, connection)
}

/** Keeps what is shown as new as what the server knows, for as long as the component lives. */
export function useLive() {
  const client = useQueryClient()
  useEffect(() => {
    const old = new Map<string, QueryKey>()
    let timer: ReturnType<typeof setTimeout> | undefined

    function makeOld(queryKeys: QueryKey[]) {
      for (const key of queryKeys) old.set(JSON.stringify(key), key)
      timer ??= setTimeout(() => {
        for (const queryKey of old.values()) void client.invalidateQueries({ queryKey })
        old.clear()
        timer = undefined
      }, BURST_MS)
    }

    const stop = listen({
      open: (signal) =>
        fetch('/api/events', { signal, credentials: 'same-origin', headers: { accept: 'text/event-stream' } }),
      onNews: (news) => makeOld(madeOld(news, heldIds(client.getQueryData<Queue>(keys.queue)))),
      onOpen: () => makeOld([keys.queue, keys.cases]),
      onConnection: setConnection,
      onSignedOut: () => client.setQueryData(keys.me, null),
    })
    const offline = () => setConnection('offline')
    const online = () => setConnection('stale')
    window.addEventListener('offline', offline)
    window.addEventListener('online', online)
    return () => {
      stop()
      clearTimeout(timer)
      window.removeEventListener('offline', offline)
      window.removeEventListener('online', online)
    }
  }, [client])
}

/** Says that somebody is here while they are on duty or somebody is with them. */
export function usePresence(me: Me, queue: Queue | undefined) {
  const client = useQueryClient()
  const isNeeded = me.is_on_duty || (queue?.mine.length ?? 0) > 0
  useEffect(() => {
    if (!isNeeded) return
    return keepPresent({
      send: sendPresence,
      held: () => heldIds(client.getQueryData<Queue>(keys.queue)),
      onLost: (lost) => {
        for (const id of lost) void client.invalidateQueries({ queryKey: keys.case(id) })
        void client.invalidateQueries({ queryKey: keys.queue })
      },
    })
  }, [client, isNeeded])
}
