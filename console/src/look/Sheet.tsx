import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../words/language'

/** What is laid over a page for one decision: in the middle of a desk, from below on a phone. Escape and the scrim close it. */
export function Sheet(props: { title: string; isOpen: boolean; onClose: () => void; children: ReactNode }) {
  const { w } = useWords()
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onClose}
      title={props.title}
      centered
      // The page itself never scrolls, and locking it would need a style element of a library's own.
      lockScroll={false}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': w.close }}
      classNames={{
        inner: 'sheet-inner',
        content: 'sheet',
        header: 'sheet-head',
        title: 'sheet-title',
        body: 'sheet-body',
      }}
    >
      {props.children}
    </Modal>
  )
}
