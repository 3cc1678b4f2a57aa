// Short names for what the API speaks of; the meaning of each field stands in bot/web/schemas.py.
import type { components } from './schema'

type Schemas = components['schemas']

export type Level = Schemas['Level']
export type Role = Schemas['Role']
export type Outcome = Schemas['Outcome']
export type Me = Schemas['Me']
export type Person = Schemas['Person']
export type Invitation = Schemas['Invitation']
export type Queue = Schemas['Queue']
export type LevelCount = Schemas['LevelCount']
export type CaseSummary = Schemas['CaseSummary']
export type CaseDetail = Schemas['CaseDetail']
export type Message = Schemas['Message']
export type BriefLine = Schemas['BriefLine']
export type Sign = Schemas['Sign']
export type Service = Schemas['Service']
export type Consent = Schemas['Consent']
export type Presence = Schemas['Presence']
export type News = Schemas['News']
export type Fault = Schemas['Fault']
export type Trouble = Schemas['Trouble']
export type Outage = Trouble['reason']
export type Failure = NonNullable<Message['failure']>
export type DeliveryState = Schemas['DeliveryState']

export const LEVELS: readonly Level[] = ['P1', 'P2', 'P3', 'P4']
