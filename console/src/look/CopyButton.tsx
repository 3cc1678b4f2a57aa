import { Button } from '@mantine/core'
import { useState } from 'react'
import { useWords } from '../words/language'
import { Icon } from './icons'

/** Copies a text and says so in its own place. `describes` names what is copied where the button's word alone would not. */
export function CopyButton(props: { text: string; label: string; describes?: string; isBig?: boolean }) {
  const { w } = useWords()
  const [isDone, setDone] = useState(false)

  async function copy() {
    try {
      await navigator.clipboard.writeText(props.text)
    } catch {
      if (!copyTheOldWay(props.text)) return
    }
    setDone(true)
    setTimeout(() => setDone(false), 2000)
  }

  return (
    <Button
      variant={props.isBig ? 'filled' : 'default'}
      className={props.isBig ? 'big' : 'small'}
      leftSection={<Icon name={isDone ? 'check' : 'copy'} size={15} />}
      aria-label={isDone ? w.copied : (props.describes ?? props.label)}
      onClick={() => void copy()}
    >
      {isDone ? w.copied : props.label}
    </Button>
  )
}

/** Where the page did not come by https the browser has no clipboard for us, but still this. */
function copyTheOldWay(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'sr'
  document.body.append(field)
  field.select()
  const isDone = document.execCommand('copy')
  field.remove()
  return isDone
}
