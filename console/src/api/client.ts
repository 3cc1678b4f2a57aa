import createClient from 'openapi-fetch'
import { currentLanguage } from '../words/choice'
import type { paths } from './schema'
import type { Fault } from './types'

/** An answer of the API that is no success, or no answer at all (`code` is then `unreachable`). */
export class ApiError extends Error {
  readonly status: number
  readonly fault: Fault

  constructor(status: number, fault: Fault) {
    super(fault.code)
    this.status = status
    this.fault = fault
  }
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  // Looked up at each call, so that a test can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
})

api.use({
  onRequest({ request }) {
    // Only our own page can send this header: it shows the server that no other site asked.
    request.headers.set('x-teduh', '1')
    request.headers.set('accept-language', currentLanguage())
    return request
  },
  onError: () => new ApiError(0, { code: 'unreachable', message: '', field: '', last_seq: null, wait_seconds: null }),
})

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** What the API gave, or an ApiError thrown. */
export async function given<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  throw new ApiError(response.status, faultOf(error))
}

function faultOf(error: unknown): Fault {
  const known = typeof error === 'object' && error !== null && 'code' in error ? (error as Fault) : undefined
  return known ?? { code: 'unexpected', message: '', field: '', last_seq: null, wait_seconds: null }
}

export function isFault(error: unknown, ...codes: string[]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.fault.code)
}
