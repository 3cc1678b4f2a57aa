import { ApiError } from '../api/client'
import { useWords } from '../words/language'
import { Icon } from './icons'

/** What went wrong, in the server's words or ours, at once and to a screen reader too. */
export function Faulty({ error }: { error: unknown }) {
  const words = useFaultWords()
  if (!error) return null
  return (
    <p className="faulty" role="alert">
      <Icon name="unsure" />
      <span>{words(error)}</span>
    </p>
  )
}

export function useFaultWords(): (error: unknown) => string {
  const { w } = useWords()
  return (error) => {
    if (!(error instanceof ApiError)) return w.fault.unexpected
    if (error.status === 0) return w.fault.unreachable
    const wait = error.fault.wait_seconds
    return [error.fault.message || w.fault.unexpected, wait ? w.fault.wait(wait) : ''].filter(Boolean).join(' ')
  }
}
