// An invented evening for `npm run dev`: nobody in it exists. Never part of a build.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CaseDetail, Me, Message, Queue } from '../src/api/types.ts'

const start = Date.now()
const ago = (seconds: number) => new Date(start - seconds * 1000).toISOString()

const me: Me = {
  person: { id: '1', name: 'Ratna', login: 'ratna', roles: ['responder', 'administrator'], is_active: true },
  is_on_duty: true,
}

const say = (seq: number, by: Message['by'], text: string, seconds: number, rest: Partial<Message> = {}): Message => ({
  id: String(100 + seq),
  seq,
  by,
  kind: 'text',
  text,
  at: ago(seconds),
  author: by === 'responder' ? 'Ratna' : '',
  buttons: [],
  delivery: by === 'contact' || by === 'system' ? null : 'read',
  failure: '',
  ...rest,
})

const wulan: CaseDetail = {
  id: '7',
  version: 3,
  level: 'P1',
  status: 'active',
  name: 'Wulan',
  code: 'K7M2',
  channel: 'webchat',
  languages: ['id'],
  opened_at: ago(700),
  waiting_since: ago(700),
  respond_by: ago(400),
  holder: 'Ratna',
  is_mine: true,
  lease_until: ago(-100),
  control: 'human',
  control_epoch: 3,
  last_seq: 10,
  may_write: true,
  lock: '',
  window_until: null,
  knock: '',
  may_contact_first: false,
  safe_hours: '',
  place: 'Kab. Temanggung, Jawa Tengah',
  signs: [
    { topic: 'immediate_danger', level: 'P1', words: 'bawa pisau', seq: 3, at: ago(680) },
    { topic: 'domestic_violence', level: 'P2', words: 'takut plg', seq: 1, at: ago(720) },
  ],
  brief: [
    { slot: 'for_whom', label: 'Untuk siapa', value: 'dirinya sendiri', state: 'known', is_inferred: true, seq: 1 },
    { slot: 'age', label: 'Usia', value: '27', state: 'known', is_inferred: true, seq: 1 },
    { slot: 'child', label: 'Anak', value: 'ada, 4 tahun', state: 'known', is_inferred: false, seq: 5 },
    { slot: 'place', label: 'Lokasi', value: 'Temanggung', state: 'known', is_inferred: true, seq: 1 },
    { slot: 'hurt', label: 'Luka', value: '', state: 'refused', is_inferred: false, seq: null },
    { slot: 'safe_place', label: 'tempat aman', value: '', state: 'not_asked', is_inferred: false, seq: null },
    { slot: 'wish', label: 'keinginannya', value: '', state: 'not_asked', is_inferred: false, seq: null },
  ],
  notes: [],
  consents: [
    { scope: 'store', is_given: true, words: 'Ceritamu disimpan supaya tidak perlu diulang.', at: ago(730) },
    { scope: 'handoff', is_given: true, words: '', at: ago(700) },
    { scope: 'refer', is_given: null, words: '', at: null },
  ],
  services: [
    { id: 'polri_110', name: 'Polri 110', contact: '110', hours: '24 jam', note: 'direkam' },
    { id: 'sapa129', name: 'SAPA 129', contact: '129', hours: '24 jam', note: 'kekerasan pada perempuan dan anak' },
  ],
  thread: [
    say(1, 'contact', 'sy 27 th, temanggung. suami marah2 trs, sy sama anak takut plg', 720),
    say(2, 'program', 'Makasih sudah cerita. Ini bukan salahmu. Apa dia di dekatmu sekarang?', 715, {
      buttons: ['Ya', 'Tidak', 'Tidak tahu'],
    }),
    say(3, 'contact', 'gak, dia gedor pintu kak bawa pisau', 680),
    say(4, 'program', 'Kalau bahaya sekarang, telepon 110. SAPA 129 juga buka 24 jam. Petugas dipanggil.', 678),
    say(5, 'system', 'claimed', 640, { kind: 'event' }),
    say(
      6,
      'responder',
      'Malam, saya Ratna. Tulisan tadi sudah saya baca, tidak perlu diulang.\nSekarang di ruang mana?',
      600,
    ),
    say(7, 'contact', 'di kamar, sudah sy kunci. sama anak', 560),
    say(8, 'contact', '', 540, { kind: 'voice' }),
    say(9, 'responder', 'Anak 4 tahun ikut di kamar.', 500, { kind: 'note', delivery: null }),
    say(10, 'responder', 'Baik. Tetap di situ dulu ya. Ada yang bisa dipercaya di dekat rumah?', 400),
  ],
}

const cases: Record<string, CaseDetail> = {
  '7': wulan,
  '8': {
    ...wulan,
    id: '8',
    level: 'P3',
    name: 'Pak Darto',
    code: 'B3QX',
    channel: 'telegram',
    may_contact_first: true,
    safe_hours: '16.00 sampai 18.00',
    place: '',
    signs: [{ topic: 'identity_documents', level: 'P3', words: 'KTP saya hilang', seq: 1, at: ago(4000) }],
    thread: [
      say(1, 'contact', 'KTP saya hilang waktu banjir, mau urus bansos tidak bisa', 4000),
      say(2, 'responder', 'Suratnya sudah saya kirim ya, Pak.', 1300, { delivery: 'unknown' }),
    ],
    last_seq: 2,
  },
}

const queue: Queue = {
  levels: [
    { level: 'P1', waiting: 1, oldest_at: ago(48) },
    { level: 'P2', waiting: 2, oldest_at: ago(380) },
    { level: 'P3', waiting: 4, oldest_at: ago(2460) },
    { level: 'P4', waiting: 0, oldest_at: null },
  ],
  mine: Object.values(cases).map((each) => ({
    id: each.id,
    level: each.level,
    name: each.name,
    channel: each.channel,
    languages: each.languages,
    status: each.status,
    preview: each.thread.at(-1)?.text ?? '',
    preview_by: 'me',
    last_at: each.thread.at(-1)?.at ?? each.opened_at,
    unread: 0,
    lease_until: each.lease_until,
  })),
  slots: 3,
  may_take: true,
  reason: '',
  responders_on_duty: 3,
}

const streams = new Set<ServerResponse>()

function add(which: CaseDetail, message: Message) {
  which.thread = [...which.thread, message]
  which.last_seq = message.seq
  for (const each of streams) each.write(`data: {"kind":"case","case":"${which.id}","seq":${message.seq}}\n\n`)
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const piece of request) text += piece
  return text ? (JSON.parse(text) as Record<string, unknown>) : {}
}

export async function answer(request: IncomingMessage, response: ServerResponse) {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const tell = (status: number, body?: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }
  if (path === '/api/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': hello\n\n')
    streams.add(response)
    const beat = setInterval(() => response.write(': still here\n\n'), 15_000)
    response.on('close', () => {
      clearInterval(beat)
      streams.delete(response)
    })
    return
  }
  const body = request.method === 'GET' ? {} : await bodyOf(request)
  const which = cases[path.split('/')[3] ?? '']
  if (path === '/api/me' || path === '/api/signin') return tell(200, me)
  if (path === '/api/queue') return tell(200, queue)
  if (path === '/api/people') return tell(200, [me.person])
  if (path === '/api/presence') return tell(200, { held: Object.keys(cases), lease_until: ago(-120) })
  if (path === '/api/duty') {
    me.is_on_duty = Boolean(body.is_on_duty)
    queue.reason = me.is_on_duty ? '' : 'off_duty'
    queue.may_take = me.is_on_duty
    return tell(200, me)
  }
  if (path === '/api/invitations') return tell(201, { path: '/console#/undangan/contoh', expires_at: ago(-86_400) })
  if (!which) return tell(404, { code: 'case_not_found', message: 'Percakapan ini tidak ada.', field: '' })
  if (path.endsWith('/replies') || path.endsWith('/notes')) {
    const isNote = path.endsWith('/notes')
    const message = say(which.last_seq + 1, 'responder', String(body.text), 0, {
      at: new Date().toISOString(),
      kind: isNote ? 'note' : 'text',
      delivery: isNote ? null : 'sent',
      failure: '',
    })
    add(which, message)
    return tell(201, message)
  }
  // Only here: makes the other side write, to see what the composer does.
  if (path.endsWith('/they-write')) {
    add(which, say(which.last_seq + 1, 'contact', String(body.text), 0, { at: new Date().toISOString() }))
    return tell(204)
  }
  return tell(200, which)
}
