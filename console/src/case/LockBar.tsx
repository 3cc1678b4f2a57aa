import { Button } from '@mantine/core'
import { Icon, type IconName } from '../look/icons'
import type { Words } from '../words/id'
import { useWords } from '../words/language'
import type { Lock } from './locks'

const ICONS: Record<Lock['why'], IconName> = {
  behind: 'lock',
  stale: 'cut',
  offline: 'cut',
  leaseLost: 'giveBack',
  released: 'clock',
  otherHolder: 'person',
  closed: 'done',
  blocked: 'eyeOff',
  stopped: 'eyeOff',
  unsafe: 'eyeOff',
  window: 'clock',
}

type BarProps = { lock: Lock; name: string; isBusy: boolean; onUnlock: (action: Lock['action']) => void }

/** Why nothing can be sent at the moment, what is safe, and the one way on. */
export function LockBar({ lock, name, isBusy, onUnlock }: BarProps) {
  const { w } = useWords()
  const [main, more] = lockWords(lock, name, w)
  const action = {
    read: w.lock.haveRead,
    claim: w.lock.claimAgain,
    note: w.composer.writeNote,
    knock: w.lock.knock,
    none: '',
  }[lock.action]
  return (
    <div className="lock" role="status" id="lock-reason" data-why={lock.why}>
      <Icon name={ICONS[lock.why]} size={20} />
      <span className="grow">
        <b>{main}</b>
        <span>{more}</span>
      </span>
      {action ? (
        <Button variant="default" loading={isBusy} onClick={() => onUnlock(lock.action)}>
          {action}
        </Button>
      ) : null}
    </div>
  )
}

export function lockWords(lock: Lock, name: string, w: Words): [string, string] {
  switch (lock.why) {
    case 'behind':
      return [w.lock.behind(name), w.lock.behindMore(lock.count)]
    case 'window':
      return [w.lock.window, w.lock.windowMore[lock.knock || 'no_consent']]
    case 'otherHolder':
      return [w.lock.otherHolder(lock.name), w.lock.otherHolderMore]
    default:
      return [w.lock[lock.why], w.lock[`${lock.why}More`]]
  }
}
