import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { addMessage } from '../case/items'
import { api, given, isFault } from './client'
import type { CaseDetail, Level, Me, Message, Outcome, Queue, Role } from './types'

export const keys = {
  me: ['me'] as const,
  queue: ['queue'] as const,
  case: (id: string) => ['case', id] as const,
  cases: ['case'] as const,
  people: ['people'] as const,
}

/** Who is signed in; null for nobody. */
export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: findMe, staleTime: 60_000 })
}

async function findMe(): Promise<Me | null> {
  try {
    return await given(api.GET('/api/me'))
  } catch (error) {
    if (isFault(error, 'signed_out')) return null
    throw error
  }
}

export function useQueue(isWanted: boolean) {
  return useQuery({ queryKey: keys.queue, queryFn: () => given(api.GET('/api/queue')), enabled: isWanted })
}

export function useCase(id: string) {
  return useQuery({
    queryKey: keys.case(id),
    queryFn: () => given(api.GET('/api/cases/{case_id}', { params: { path: { case_id: id } } })),
    // Opening a case tells the server that it was read, also when taking it brought its contents along.
    refetchOnMount: 'always',
  })
}

export function usePeople() {
  return useQuery({ queryKey: keys.people, queryFn: () => given(api.GET('/api/people')) })
}

export function useSignIn() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { login: string; password: string }) => given(api.POST('/api/signin', { body })),
    onSuccess: (me) => client.setQueryData<Me>(keys.me, me),
  })
}

/** Whether a one-time link can still be used, asked once when its page opens. */
export function useLink(token: string) {
  return useQuery({
    queryKey: ['link', token],
    queryFn: () => given(api.POST('/api/invitations/look', { body: { token } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useResetOf(token: string) {
  return useQuery({
    queryKey: ['reset', token],
    queryFn: () => given(api.POST('/api/passwords/look', { body: { token } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useReset() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { token: string; password: string }) => given(api.POST('/api/passwords/reset', { body })),
    onSuccess: (me) => client.setQueryData<Me>(keys.me, me),
  })
}

export function useAccept() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { token: string; name: string; login: string; password: string; also_responder: boolean }) =>
      given(api.POST('/api/invitations/accept', { body })),
    onSuccess: (me) => client.setQueryData<Me>(keys.me, me),
  })
}

export function useSignOut(forget: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => given(api.POST('/api/signout')),
    onSuccess: () => {
      forget()
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] })
      client.setQueryData(keys.me, null)
    },
  })
}

export function useInvite() {
  return useMutation({ mutationFn: (roles: Role[]) => given(api.POST('/api/invitations', { body: { roles } })) })
}

export function useRoles(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (roles: Role[]) =>
      given(api.PUT('/api/people/{person_id}/roles', { params: { path: { person_id: id } }, body: { roles } })),
    onSuccess: () => lookAtPeople(client),
  })
}

export function useActive(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (isActive: boolean) =>
      given(
        api.PUT('/api/people/{person_id}/active', {
          params: { path: { person_id: id } },
          body: { is_active: isActive },
        }),
      ),
    onSuccess: () => lookAtPeople(client),
  })
}

/** One's own roles may be among what changed. */
function lookAtPeople(client: QueryClient) {
  void client.invalidateQueries({ queryKey: keys.me })
  return client.invalidateQueries({ queryKey: keys.people })
}

export function useResetLink(id: string) {
  return useMutation({
    mutationFn: () => given(api.POST('/api/people/{person_id}/reset-link', { params: { path: { person_id: id } } })),
  })
}

export function useDuty() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (isOnDuty: boolean) => given(api.PUT('/api/duty', { body: { is_on_duty: isOnDuty } })),
    onSuccess: (me) => {
      client.setQueryData<Me>(keys.me, me)
      return client.invalidateQueries({ queryKey: keys.queue })
    },
  })
}

export function useTakeNext() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => given(api.POST('/api/queue/next')),
    onSuccess: (detail) => setCase(client, detail),
    onSettled: () => client.invalidateQueries({ queryKey: keys.queue }),
  })
}

export function useClaim(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => given(api.POST('/api/cases/{case_id}/claim', inCase(id))),
    onSuccess: (detail) => setCase(client, detail),
    onSettled: () => lookAgain(client, id),
  })
}

export type ReplyBody = {
  key: string
  text: string
  control_epoch: number
  seen_seq: number
  asks_place: boolean
}

export function useReply(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: ReplyBody) => given(api.POST('/api/cases/{case_id}/replies', { ...inCase(id), body })),
    onSuccess: (message) => showMessage(client, id, message),
    onSettled: () => lookAgain(client, id),
  })
}

/** Asks the person to write, where the platform lets us say nothing else. */
export function useKnock(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => given(api.POST('/api/cases/{case_id}/knock', inCase(id))),
    onSuccess: (detail) => setCase(client, detail),
    onSettled: () => lookAgain(client, id),
  })
}

export function useNote(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { key: string; text: string }) =>
      given(api.POST('/api/cases/{case_id}/notes', { ...inCase(id), body })),
    onSuccess: (message) => showMessage(client, id, message),
    onSettled: () => lookAgain(client, id),
  })
}

export function useSendAgain(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (messageId: string) =>
      given(
        api.POST('/api/cases/{case_id}/messages/{message_id}/again', {
          params: { path: { case_id: id, message_id: messageId } },
        }),
      ),
    onSettled: () => lookAgain(client, id),
  })
}

export function useRelease(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => given(api.POST('/api/cases/{case_id}/release', inCase(id))),
    onSettled: () => lookAgain(client, id),
  })
}

export function useClose(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { outcome: Outcome; note: string; farewell: string }) =>
      given(api.POST('/api/cases/{case_id}/close', { ...inCase(id), body })),
    onSettled: () => lookAgain(client, id),
  })
}

export function useLevel(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (level: Level) => given(api.PUT('/api/cases/{case_id}/level', { ...inCase(id), body: { level } })),
    onSuccess: (detail) => setCase(client, detail),
    onSettled: () => lookAgain(client, id),
  })
}

export function sendPresence() {
  return given(api.POST('/api/presence'))
}

function inCase(id: string) {
  return { params: { path: { case_id: id } } }
}

function setCase(client: QueryClient, detail: CaseDetail) {
  client.setQueryData<CaseDetail>(keys.case(detail.id), detail)
}

/** The message stands in the thread before the server is asked again, and once however often it comes. */
function showMessage(client: QueryClient, id: string, message: Message) {
  client.setQueryData<CaseDetail>(keys.case(id), (detail) => detail && addMessage(detail, message))
}

async function lookAgain(client: QueryClient, id: string) {
  await Promise.all([
    client.invalidateQueries({ queryKey: keys.case(id) }),
    client.invalidateQueries({ queryKey: keys.queue }),
  ])
}

export function heldIds(queue: Queue | undefined): string[] {
  return queue?.mine.map((each) => each.id) ?? []
}
