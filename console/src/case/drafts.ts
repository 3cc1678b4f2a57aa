import { useSyncExternalStore } from 'react'
import { newKey } from './key'

/** What somebody is writing to one person. It lives in this page's memory only: nothing of it is ever stored. */
export type Draft = {
  mode: 'reply' | 'note'
  reply: string
  note: string
  replyKey: string
  noteKey: string
  seen: number | null
  toldLast: number
  heldBefore: boolean
  /** Whether the reply goes out with a button that sends where the person is. */
  asksPlace: boolean
}

const EMPTY: Draft = {
  mode: 'reply',
  reply: '',
  note: '',
  replyKey: '',
  noteKey: '',
  seen: null,
  toldLast: 0,
  heldBefore: false,
  asksPlace: false,
}

const drafts = new Map<string, Draft>()
const listeners = new Set<() => void>()
let owner: string | null = null

export function draftOf(caseId: string): Draft {
  return drafts.get(caseId) ?? EMPTY
}

/** Changes a draft. Changed words get a new key: the old one may stand for what was sent already. */
export function changeDraft(caseId: string, change: Partial<Draft>) {
  const before = draftOf(caseId)
  const after = { ...before, ...change }
  if (after.reply !== before.reply || after.asksPlace !== before.asksPlace) after.replyKey = ''
  if (after.note !== before.note) after.noteKey = ''
  drafts.set(caseId, after)
  tell()
}

/** The key to send these words under: the same for every try with the same words. */
export function keyFor(caseId: string, mode: 'reply' | 'note'): string {
  const draft = draftOf(caseId)
  const known = mode === 'reply' ? draft.replyKey : draft.noteKey
  if (known) return known
  const key = newKey()
  drafts.set(caseId, { ...draft, ...(mode === 'reply' ? { replyKey: key } : { noteKey: key }) })
  return key
}

export function hasWords(caseId: string): boolean {
  const draft = draftOf(caseId)
  return draft.reply.trim() !== '' || draft.note.trim() !== ''
}

export function hasAnyWords(): boolean {
  return [...drafts.keys()].some(hasWords)
}

export function forgetDraft(caseId: string) {
  drafts.delete(caseId)
  tell()
}

export function forgetDrafts() {
  drafts.clear()
  tell()
}

/** Drafts outlive a sign-in that ran out, but never become somebody else's. Says whether another person had been here. */
export function keepDraftsFor(personId: string): boolean {
  const isSomebodyElse = owner !== null && owner !== personId
  if (isSomebodyElse) drafts.clear()
  owner = personId
  return isSomebodyElse
}

export function useDraft(caseId: string): Draft {
  return useSyncExternalStore(listen, () => draftOf(caseId))
}

function listen(tellMe: () => void): () => void {
  listeners.add(tellMe)
  return () => listeners.delete(tellMe)
}

function tell() {
  for (const each of listeners) each()
}
