import { Icon } from '../look/icons'
import { useWords } from '../words/language'
import { rulesOf } from './password'

/** What a good password is, and how much of it this one is already. */
export function PasswordRules(props: { password: string; name: string; login: string }) {
  const { w } = useWords()
  const rules = rulesOf(props.password, props.name, props.login)
  return (
    <div className="rules" id="password-rules">
      <p>{w.invitation.rules}</p>
      <ul>
        <Rule isMet={rules.isLong}>{w.invitation.ruleLength}</Rule>
        <Rule isMet={rules.isOwn}>{w.invitation.ruleLogin}</Rule>
        <li>
          <Icon name="note" size={15} />
          {w.invitation.ruleWords}
        </li>
      </ul>
    </div>
  )
}

function Rule({ isMet, children }: { isMet: boolean; children: string }) {
  const { w } = useWords()
  return (
    <li className={isMet ? 'met' : ''}>
      <Icon name={isMet ? 'done' : 'unsure'} size={15} />
      {children}
      <span className="sr">: {isMet ? w.invitation.met : w.invitation.notMet}</span>
    </li>
  )
}
