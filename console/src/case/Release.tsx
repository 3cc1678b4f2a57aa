import { Button } from '@mantine/core'
import { useRelease } from '../api/queries'
import type { CaseDetail } from '../api/types'
import { Faulty } from '../look/Faulty'
import { useWords } from '../words/language'
import { changeDraft } from './drafts'

/** Gives the person back to the queue, after one more look. */
export function Release(props: { detail: CaseDetail; onReleased: () => void; onKeep: () => void }) {
  const { w } = useWords()
  const release = useRelease(props.detail.id)

  function giveBack() {
    release.mutate(undefined, {
      onSuccess: () => {
        changeDraft(props.detail.id, { heldBefore: false })
        props.onReleased()
      },
    })
  }

  return (
    <div className="form">
      <p>{w.releasing.body}</p>
      <Faulty error={release.error} />
      <div className="two">
        <Button variant="default" className="big" onClick={props.onKeep}>
          {w.releasing.keep}
        </Button>
        <Button className="big" loading={release.isPending} onClick={giveBack}>
          {w.releasing.submit}
        </Button>
      </div>
    </div>
  )
}
