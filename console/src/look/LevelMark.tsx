import type { Level } from '../api/types'
import { useWords } from '../words/language'

/** How urgent, told four ways at once: letter, shape, fill and colour. The one place where levels get theirs. */
export function LevelMark({ level, long = false }: { level: Level; long?: boolean }) {
  const { w } = useWords()
  return (
    <span className={`level level-${level.toLowerCase()}`} role="img" aria-label={`${level}, ${w.level[level]}`}>
      <LevelShape level={level} />
      <span aria-hidden="true">{long ? `${level} · ${w.level[level]}` : level}</span>
    </span>
  )
}

/** The shape alone, beside a letter that stands elsewhere. */
export function LevelShape({ level }: { level: Level }) {
  return (
    <svg viewBox="0 0 24 24" className={`shape shape-${level.toLowerCase()}`} aria-hidden="true" data-shape={level}>
      {SHAPES[level]}
    </svg>
  )
}

const SHAPES: Record<Level, React.ReactNode> = {
  P1: <path d="M12 2l10 10-10 10L2 12z" />,
  P2: <path d="M12 4l9 16H3z" />,
  P3: (
    <>
      <circle cx="12" cy="12" r="9" fill="none" strokeWidth="3" />
      <path d="M12 3a9 9 0 0 1 0 18z" stroke="none" />
    </>
  ),
  P4: <circle cx="12" cy="12" r="8.5" fill="none" strokeWidth="3" />,
}
