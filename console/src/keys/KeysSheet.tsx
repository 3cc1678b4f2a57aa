import { Sheet } from '../look/Sheet'
import { useWords } from '../words/language'

export function KeysSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { w } = useWords()
  const rows: [string, string][] = [
    ['N', w.keys.next],
    ['J', w.keys.down],
    ['K', w.keys.up],
    ['R', w.keys.reply],
    ['I', w.keys.note],
    ['Ctrl Enter', w.keys.send],
    ['Esc', w.keys.escape],
    ['?', w.keys.help],
  ]
  return (
    <Sheet title={w.keys.title} isOpen={isOpen} onClose={onClose}>
      <p className="soft">{w.keys.lead}</p>
      <dl className="keys">
        {rows.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  )
}
