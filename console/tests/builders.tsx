import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'
import type { CaseDetail, Me, Message, Queue } from '../src/api/types'

export function makeMessage(change: Partial<Message> = {}): Message {
  const seq = change.seq ?? 1
  return {
    id: `m${seq}`,
    seq,
    by: 'contact',
    kind: 'text',
    text: `pesan ${seq}`,
    at: `2026-11-24T10:00:${String(seq).padStart(2, '0')}Z`,
    author: '',
    buttons: [],
    delivery: null,
    failure: '',
    ...change,
  }
}

export function makeCase(change: Partial<CaseDetail> = {}): CaseDetail {
  return {
    id: '7',
    version: 1,
    level: 'P1',
    status: 'active',
    name: 'Wulan',
    code: 'K7M2',
    channel: 'webchat',
    languages: ['id'],
    opened_at: '2026-11-24T10:00:00Z',
    waiting_since: '2026-11-24T10:00:00Z',
    respond_by: '2026-11-24T10:05:00Z',
    holder: 'Ratna',
    is_mine: true,
    lease_until: '2026-11-24T10:10:00Z',
    control: 'human',
    control_epoch: 3,
    last_seq: 1,
    may_write: true,
    lock: '',
    window_until: null,
    knock: '',
    may_contact_first: true,
    safe_hours: '',
    place: '',
    signs: [],
    brief: [],
    notes: [],
    consents: [],
    services: [],
    thread: [makeMessage()],
    ...change,
  }
}

export function makeMe(change: Partial<Me> = {}): Me {
  return {
    person: { id: '1', name: 'Ratna', login: 'ratna', roles: ['responder'], is_active: true },
    is_on_duty: true,
    ...change,
  }
}

export function makeQueue(change: Partial<Queue> = {}): Queue {
  return {
    levels: (['P1', 'P2', 'P3', 'P4'] as const).map((level) => ({ level, waiting: 0, oldest_at: null })),
    mine: [],
    slots: 3,
    may_take: true,
    reason: '',
    responders_on_duty: 1,
    ...change,
  }
}

export function show(children: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return render(
    <MantineProvider>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </MantineProvider>,
  )
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
}

/** Stands in for the network; gives the requests as they come. */
export function network(answer: () => Response): Request[] {
  const sent: Request[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request.clone())
    return answer()
  })
  return sent
}
