// The web chat's page. What was said lives on the server and in this page's memory. Each message has a key of its own and is sent
// until the server says that it is stored, so that a weak signal neither loses nor doubles it.
//
// What the browser keeps: a cookie that scripts can't read; and in this tab's sessionStorage, only while sending fails or the page is in
// the background (a phone may throw it away there), the messages not yet stored and the words in the box. They go when they are stored,
// and by leaving. In localStorage (in a frame: a cookie) stands for a moment one sign without words: that the server has yet to hear
// that somebody left.
'use strict'
;(() => {
  const RESTS_AFTER = 10 * 60 * 1000 // silence after which somebody else may hold the phone
  const LONGEST = 4000 // characters that a message may have
  const SILENCE = 40 * 1000 // without a heartbeat (one each 15 s), the stream is dead
  const OURS = { 'content-type': 'application/json', 'x-teduh': '1' }
  const KEPT = 'kept', LEAVING = 'out'
  // In a partner's page: whose. The browser shows this page in a frame of that site only, so what is told to it goes nowhere else.
  const partner = document.body.dataset.partner, base = partner ? '/embed/chat' : '/chat'
  const tellSite = (what) => parent.postMessage(`info:${what}`, partner)

  const $ = (id) => document.getElementById(id)
  const thread = $('thread'), box = $('text'), scroll = $('scroll'), choices = $('choices')
  const isFine = matchMedia('(pointer: fine)').matches
  const exitWords = new Set($('words').content.textContent.trim().split('|'))

  const seen = new Map() // bubbles by number
  const mine = new Map() // key → { node, tick } of what this page sent and the thread does not hold yet
  let unsent = [] // messages in order: { key, text, button? }
  let last = 0 // the highest number shown
  let touched = Date.now()
  let isGone = false

  function make(tag, className, words) {
    const node = document.createElement(tag)
    if (className) node.className = className
    if (words) node.textContent = words
    return node
  }
  function icon(path) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    node.setAttribute('viewBox', '0 0 24 24')
    node.setAttribute('aria-hidden', 'true')
    line.setAttribute('d', path)
    node.append(line)
    return node
  }
  const PHONE = 'M6 3h3l1.5 5-2 1.6a13 13 0 0 0 5.9 5.9l1.6-2 5 1.5v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4 5.2 2 2 0 0 1 6 3z'
  const AWAY = 'M9 5l7 7-7 7'
  const CLOCK = 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2'
  const clock = (at) => new Date(at).toLocaleTimeString('id-ID', { hour: '2-digit', minute: '2-digit' })
  const stored = {
    // Storage may be forbidden or full; the chat works without it.
    get: (area, name) => { try { return area().getItem(name) } catch { return null } },
    set: (area, name, value) => { try { area().setItem(name, value) } catch { /* not kept then */ } },
    drop: (area, name) => { try { area().removeItem(name) } catch { /* nothing there */ } },
  }
  const tab = () => sessionStorage, site = () => localStorage
  // That the server has yet to hear that somebody left. In a frame, storage may be closed where cookies of this kind are kept.
  const FRAMED = 'Path=/embed; Secure; SameSite=None; Partitioned'
  const hasCookie = (name) => document.cookie.split('; ').includes(`${name}=1`)
  const hasLeft = () => partner ? hasCookie(LEAVING) : Boolean(stored.get(site, LEAVING))
  function noteLeft(isSo) {
    if (partner) document.cookie = `${LEAVING}=1; ${FRAMED}${isSo ? '' : '; Max-Age=0'}`
    else if (isSo) stored.set(site, LEAVING, '1')
    else stored.drop(site, LEAVING)
  }

  // ── what is shown ──

  let anchor = null // the first bubble that came since this person wrote: it stays in view when many follow
  function show(bubble) {
    if (isGone || seen.has(bubble.seq)) return
    seen.set(bubble.seq, bubble)
    last = Math.max(last, bubble.seq)
    $('hello').hidden = true
    const isAtEnd = isNearEnd()
    const nodes = takeSent(bubble.key) || draw(bubble)
    nodes.forEach((node) => place(node, bubble.seq))
    if (bubble.by === 'me') anchor = null
    else anchor ||= nodes[0]
    offer()
    if (bubble.by === 'responder') tellWaiting()
    if (isAtEnd) toEnd()
    else if (bubble.by !== 'me') $('new').hidden = false
    if (!$('rest').hidden && bubble.by !== 'me') $('rested').textContent = 'Ada informasi baru.'
  }
  function draw(bubble) {
    const isMine = bubble.by === 'me', isPerson = bubble.by === 'responder'
    const words = spoken(bubble)
    const nodes = []
    if (words) {
      const node = make('div', isMine ? 'b me' : isPerson ? 'b person' : 'b')
      const who = isMine ? 'Kamu' : isPerson ? `${bubble.author}, petugas` : 'Program'
      if (isPerson) node.dataset.letter = bubble.author.slice(0, 1).toUpperCase()
      node.append(make('span', isPerson ? 'by' : 'sr', isPerson ? who : `${who}: `))
      for (const part of words.split(/\n{2,}/)) {
        const paragraph = make('span', 'p')
        if (isMine || isPerson) paragraph.append(part)
        else emphasise(paragraph, part)
        node.append(paragraph)
      }
      node.title = clock(bubble.at)
      nodes.push(node)
    }
    if (bubble.services?.length) nodes.push(cards(bubble.services))
    return nodes
  }
  // "Polisi 110" beside a big 110 says the number twice
  const nameOf = (each) => each.name.endsWith(` ${each.value}`) ? each.name.slice(0, -each.value.length - 1) : each.name
  // Numbers that are drawn to be called need not stand in the text as well.
  function spoken(bubble) {
    if (!bubble.text) return bubble.by === 'me' ? '(bukan tulisan)' : ''
    const drawn = (part) => (bubble.services || []).some((each) => part.startsWith(`${nameOf(each)}: ${each.value}`))
    return bubble.services ? bubble.text.split('\n\n').filter((part) => !drawn(part)).join('\n\n') : bubble.text
  }
  function emphasise(node, words) {
    words.split(/\*([^*\n]{1,40})\*/).forEach((part, i) => node.append(i % 2 ? make('b', '', part) : part))
  }
  function cards(services) {
    const list = make('div', 'cards')
    for (const each of services) {
      const isPage = each.kind === 'web'
      const link = make(each.href ? 'a' : 'div', 'call')
      if (each.href) link.href = each.href
      if (each.href && !each.href.startsWith('tel:')) { link.target = '_blank'; link.rel = 'noreferrer' }
      const shown = isPage ? each.name : each.value
      link.append(make('b', shown.length > 4 ? 'n long' : 'n', shown))
      const words = make('span', '', isPage ? '' : nameOf(each))
      words.append(make('small', '', each.note || ''))
      link.append(words)
      if (each.href) {
        const way = make('i')
        way.append(icon(each.href.startsWith('tel:') ? PHONE : AWAY))
        link.append(way)
      }
      list.append(link)
    }
    return list
  }
  // What stands at its place already is not moved: a screen reader would say it twice.
  function place(node, seq) {
    node.dataset.seq = seq
    const before = node.parentNode && node.previousElementSibling
    if (node.parentNode && !node.nextElementSibling?.dataset.seq && !(Number(before?.dataset.seq) > seq)) return
    const after = [...thread.children].find((other) => !other.dataset.seq || Number(other.dataset.seq) > seq)
    thread.insertBefore(node, after || null)
  }
  // The newest question's buttons, while it is not answered. Numbers are shown where there are many: they can be typed too.
  function offer() {
    const newest = [...seen.values()].sort((a, b) => b.seq - a.seq)
    const asked = newest.find((bubble) => bubble.buttons?.length)
    const isAnswered = mine.size > 0 || newest.some((bubble) => bubble.by === 'me' && bubble.seq > asked?.seq)
    const buttons = asked && !isAnswered ? asked.buttons : []
    if (choices.dataset.seq === String(asked?.seq) && buttons.length === choices.children.length) return
    choices.dataset.seq = asked?.seq
    const held = choices.contains(document.activeElement)
    const real = buttons.filter((button) => !button.id.endsWith(':s'))
    choices.replaceChildren(...buttons.map((button) => {
      const isSkip = !real.includes(button)
      // "Ya" is never the one to press without reading: it may erase.
      const isFirst = button === real[0] && !/^(ya|yes)$/i.test(button.label) && real.length > 1 && real.length < 4
      const node = make('button', isSkip ? 'choice skip' : isFirst ? 'choice first' : 'choice')
      node.type = 'button'
      if (real.length > 3 && !isSkip) node.append(make('span', 'no', String(real.indexOf(button) + 1)))
      node.append(button.label)
      node.addEventListener('click', () => press(button))
      return node
    }))
    choices.hidden = !buttons.length
    if (held) focusAgain()
  }
  const isNearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120
  function toEnd() {
    const end = scroll.scrollHeight - scroll.clientHeight
    scroll.scrollTop = anchor ? Math.min(end, anchor.offsetTop - 12) : end
    $('new').hidden = true
  }
  let follows = true
  scroll.addEventListener('scroll', () => {
    if (isGone) return
    follows = isNearEnd()
    if (follows) $('new').hidden = true
  }, { passive: true })
  const resized = new ResizeObserver(() => { if (follows) toEnd() }) // the keyboard opens and closes
  resized.observe(scroll)
  $('new').addEventListener('click', () => { anchor = null; toEnd(); focusAgain() })
  // On a phone, focus in the box would open the keyboard over what there is to read.
  const focusAgain = () => (isFine ? box : thread).focus({ preventScroll: true })
  function tell(words) {
    $('say').textContent = words
    $('say').hidden = !words
  }
  function tellState(state) {
    // While others may read along: no name, no numbers, nothing of who was called.
    $('app').classList.toggle('watched', state.is_watched)
    const withPerson = state.control === 'human'
    $('status').textContent = withPerson
      ? (state.name ? `Bersama ${state.name}, petugas` : 'Bersama petugas')
      : state.control === 'pending'
        ? (state.is_anybody_on_duty ? 'Memanggil petugas' : 'Belum ada petugas yang bertugas')
        : 'Program otomatis dan petugas'
    const letter = withPerson && state.name ? state.name.slice(0, 1).toUpperCase() : ''
    if ($('mark').textContent.trim() !== letter) $('mark').replaceChildren(letter || icon('M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 11v5M12 8h.01'))
    $('mark').classList.toggle('person', Boolean(letter))
    // What the contact had erased goes from the page as well.
    for (const seq of [...seen.keys()]) if (seq < state.first) seen.delete(seq)
    for (const node of [...thread.children]) if (Number(node.dataset.seq || Infinity) < state.first) node.remove()
    if (standing.first < state.first) forgetErased()
    offer()
    standing = state
    tellWaiting()
  }
  // What was said to have it erased goes too: the thread will never hold it. Should it hold one of these after all, it comes back.
  function forgetErased() {
    for (const [key, sent] of [...mine]) {
      const at = unsent.findIndex((each) => each.key === key)
      if (at > 0 || (at === 0 && !isSending)) continue // not sent yet
      sent.tick?.remove()
      sent.node.remove()
      mine.delete(key)
    }
  }
  // What has happened and what is next, until a person has answered. How long it takes nobody knows, so nothing is said of it.
  let standing = {}
  function tellWaiting() {
    const { control, name, since } = standing
    const isTaken = control === 'human', who = name || 'Petugas'
    const isAnswered = [...seen.values()].some((bubble) => bubble.by === 'responder' && Date.parse(bubble.at) >= Date.parse(since))
    const isAtEnd = isNearEnd()
    $('wait').hidden = !since || (isTaken && isAnswered)
    if ($('wait').hidden) return
    $('wait-title').textContent = isTaken ? `${who} sudah di sini` : 'Menunggu petugas'
    $('wait-at').textContent = clock(since)
    if (isTaken) step('called', 'done', `${who} menerima percakapan ini`)
    else if (standing.is_anybody_on_duty) step('called', 'now', 'Petugas sedang dipanggil')
    else step('called', 'now', 'Belum ada petugas yang bertugas. Tulisanmu dibaca begitu ada')
    step('reply', isTaken ? 'now' : 'later', isTaken ? `Menunggu balasan ${name || 'petugas'}` : 'Petugas membalas di sini')
    if (isAtEnd) toEnd()
  }
  const PLACES = { done: 'Sudah: ', now: 'Sekarang: ', later: 'Berikutnya: ' }
  function step(name, place, words) {
    const node = $(`wait-${name}`)
    if (node.className === place && node.lastChild.textContent === words) return
    node.className = place
    if (place === 'now') node.setAttribute('aria-current', 'step')
    else node.removeAttribute('aria-current')
    node.replaceChildren(make('span', 'sr', PLACES[place]), make('span', '', words))
  }

  // ── what is sent ──

  const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('')
  function queue(message) {
    unsent.push(message)
    const node = make('div', 'b me')
    node.append(make('span', 'sr', 'Kamu: '), message.text)
    mine.set(message.key, { node, tick: null })
    thread.append(node)
    $('hello').hidden = true
    anchor = null
    offer()
    toEnd()
  }
  function press(button) {
    if (!choices.children.length) return
    queue({ key: newKey(), button: button.id, text: button.label })
    focusAgain()
    flush()
  }
  function submit(event) {
    event.preventDefault()
    const words = box.value.trim()
    if (!words) return
    const said = words.toLowerCase().split(/\s+/).join(' ').replace(/^[ .!?,/]+|[ .!?,/]+$/g, '')
    if (exitWords.has(said)) return leave()
    if (words.length > LONGEST) return tell(`Tulisannya terlalu panjang (paling banyak ${LONGEST} huruf). Coba bagi menjadi beberapa pesan.`)
    tell('')
    box.value = ''
    grow()
    queue({ key: newKey(), text: words })
    flush()
  }

  let isSending = false, pause = 1000, again = 0
  async function flush() {
    clearTimeout(again)
    if (isSending || isGone || !unsent.length || hasLeft()) return
    isSending = true
    const message = unsent[0]
    const soon = setTimeout(() => {
      if (!$('turn').hidden) return
      $('lost').classList.add('now')
      markWaiting(SIGNAL)
    }, navigator.onLine === false ? 0 : 4000)
    const answer = await post('/messages', message)
    clearTimeout(soon)
    isSending = false
    if (isGone) return
    if (answer?.status === 202) {
      accepted(message)
    } else if (answer && [400, 403, 413].includes(answer.status)) {
      refused(message, await answer.json().catch(() => ({})))
    } else if (answer?.status === 429) {
      const { wait_seconds: seconds } = await answer.json().catch(() => ({}))
      $('lost').classList.remove('now')
      $('turn').hidden = false
      markWaiting(TURN)
      keep()
      // Not all at once again: who waits longer than told leaves room for who was told first.
      again = setTimeout(flush, (seconds || 10) * (1000 + Math.random() * 500))
      return
    } else {
      $('turn').hidden = true
      $('lost').classList.add('now')
      markWaiting(SIGNAL)
      keep()
      again = setTimeout(flush, pause + Math.random() * 500)
      pause = Math.min(pause * 2, 15000)
      return
    }
    if (stored.get(tab, KEPT)) keep()
    flush()
  }
  async function post(path, message, more) {
    const stop = new AbortController(), limit = setTimeout(() => stop.abort(), 20000)
    try {
      return await fetch(base + path, { method: 'POST', headers: OURS, body: JSON.stringify(message), signal: stop.signal, ...more })
    } catch {
      return null // weak signal
    } finally {
      clearTimeout(limit)
    }
  }
  function accepted(message) {
    unsent = unsent.filter((each) => each.key !== message.key)
    pause = 1000
    markSent(message.key)
    tell('')
    listen()
  }
  function refused(message, why) {
    takeSent(message.key)?.[0].remove()
    tell(why.message || 'Pesan ini tidak terbaca. Coba tulis lagi.')
    if (!message.button) box.value = [message.text, box.value].filter(Boolean).join('\n')
    grow()
    offer()
  }
  const SIGNAL = 'menunggu sinyal, akan dikirim sendiri', TURN = 'menunggu giliran, akan dikirim sendiri'
  function markWaiting(words) {
    for (const { key } of unsent) {
      const sent = mine.get(key)
      if (!sent) continue
      if (!sent.tick) sent.node.after(sent.tick = make('p', 'tick'))
      sent.tick.replaceChildren(icon(CLOCK), words)
    }
    toEnd()
  }
  function markSent(key) {
    $('lost').classList.remove('now')
    $('turn').hidden = true
    const sent = mine.get(key)
    sent?.tick?.remove()
    if (sent) sent.tick = null
  }
  // The thread holds it now: it needs no sending any more, even if no answer ever said so.
  function takeSent(key) {
    const sent = mine.get(key)
    if (!sent) return null
    sent.tick?.remove()
    mine.delete(key)
    unsent = unsent.filter((each) => each.key !== key)
    return [sent.node]
  }
  function keep() {
    const draft = document.hidden ? box.value : ''
    if (isGone || !(unsent.length || draft)) return stored.drop(tab, KEPT)
    stored.set(tab, KEPT, JSON.stringify({ unsent, draft, at: touched }))
  }
  function takeBack() {
    let kept = {}
    try { kept = JSON.parse(stored.get(tab, KEPT)) || {} } catch { /* not ours */ }
    stored.drop(tab, KEPT)
    if (Date.now() - (kept.at || 0) < RESTS_AFTER) box.value ||= kept.draft || ''
    else if (kept.at) rest(true)
    for (const message of kept.unsent || []) if (!mine.has(message.key)) queue(message)
    grow()
    if (unsent.length) keep()
  }
  function grow() {
    box.style.height = 'auto'
    box.style.height = `${Math.min(box.scrollHeight + 2, innerHeight * 0.36)}px`
  }
  $('form').addEventListener('submit', submit)
  // A tap on "Kirim" must not take the focus from the box: the keyboard would close.
  $('send').addEventListener('pointerdown', (event) => event.preventDefault())
  box.addEventListener('input', grow)
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !isFine) return
    event.preventDefault()
    $('form').requestSubmit()
  })

  // ── what comes in: a stream; where none holds (some proxies keep it to themselves), asking ──

  // `toldAt`: what was asked before that and is answered after it says how the talk stood, not how it stands.
  let toldAt = 0, source = null, heard = 0, hasSpoken = false, tried = 0, poll = 0
  function listen() {
    if (isGone || (source && source.readyState !== EventSource.CLOSED)) return
    source = new EventSource(`${base}/events?after=${last}`)
    heard = tried = Date.now()
    hasSpoken = false
    const hears = (name, does) => source.addEventListener(name, (event) => {
      heard = Date.now()
      hasSpoken = true
      clearInterval(poll)
      poll = 0
      does(JSON.parse(event.data))
    })
    hears('message', show)
    hears('state', (state) => { tellState(state); toldAt = performance.now() })
    hears('beat', () => {})
    hears('gone', goToPlain)
    source.onerror = () => {
      startAsking() // until the stream speaks again; it tries by itself, unless the answer was an error
    }
  }
  function startAsking() {
    if (poll) return
    poll = setInterval(ask, 4000)
    ask()
  }
  async function ask() {
    const askedAt = performance.now()
    try {
      const answer = await fetch(`${base}/thread?after=${last}`, { signal: AbortSignal.timeout?.(15000) })
      if (!answer.ok) throw new Error(answer.status)
      const news = await answer.json()
      if (isGone) return
      if (!news.state && last > 0) return goToPlain() // left in another tab
      news.bubbles.forEach(show)
      if (news.state && askedAt >= toldAt) { tellState(news.state); toldAt = askedAt }
      if (news.state && (!poll || Date.now() - tried > 15000)) listen()
      return news.state
    } catch {
      startAsking()
    }
  }
  function watch() {
    if (isGone) return
    if (Date.now() - touched > RESTS_AFTER && seen.size) rest(true)
    if (source?.readyState !== EventSource.OPEN || Date.now() - heard < (hasSpoken ? SILENCE : 10000)) return
    source.close()
    if (hasSpoken) listen()
    else startAsking()
  }

  // ── leaving, and the screen that says nothing ──

  async function leave() {
    if (isGone) return
    noteLeft(true)
    clear()
    const told = tellLeft() // on its way before the page around us goes
    if (!partner) await told
    goAway()
  }
  function goAway() {
    if (partner) tellSite('leave')
    else location.replace('/info')
  }
  // At once and without any network: the page that was here is the plain one now, and so is its place in the history.
  function clear() {
    isGone = true
    source?.close()
    resized.disconnect()
    clearInterval(poll)
    clearTimeout(again)
    unsent = []
    seen.clear()
    mine.clear()
    stored.drop(tab, KEPT)
    const plain = $('out').content.cloneNode(true)
    document.body.className = 'plain'
    document.body.replaceChildren(plain)
    if (partner) document.querySelector('.foot').remove() // where it leads can't be shown in a frame
    history.replaceState(null, '', '/info')
    scrollTo(0, 0)
  }
  function goToPlain() {
    if (!isGone) clear()
    goAway()
  }
  // Until the server heard it. A page that is closed meanwhile leaves the sign, and the next one says it first.
  async function tellLeft() {
    while (!(await post('/leave', {}, { keepalive: true }))?.ok) await new Promise((done) => setTimeout(done, 3000))
    noteLeft(false)
  }
  function rest(isResting) {
    if ($('rest').hidden !== isResting) return
    $('app').hidden = isResting
    $('rest').hidden = !isResting
    if (isResting) return $('resume').focus()
    $('rested').textContent = 'Informasi umum tentang layanan untuk warga.'
    touched = Date.now()
    grow()
    toEnd()
    focusAgain()
  }
  $('leave').addEventListener('click', leave)
  $('plain').addEventListener('click', leave)
  $('resume').addEventListener('click', () => rest(false))
  let escaped = -1e4 // a page may be younger than a second
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing || isGone) return
    if (event.timeStamp - escaped < 1000) leave()
    else if (partner) tellSite('escape') // the second one is heard by the page around us
    escaped = event.timeStamp
  })
  addEventListener('message', (event) => {
    if (partner && event.origin === partner && event.source === parent && event.data === 'info:leave') leave()
  })
  $('fold').addEventListener('click', () => tellSite('close'))
  for (const kind of ['keydown', 'pointerdown', 'wheel', 'touchmove']) addEventListener(kind, () => { touched = Date.now() }, { passive: true })
  addEventListener('online', () => { if (isGone) return; pause = 1000; flush(); ask() })
  document.addEventListener('visibilitychange', () => {
    if (isGone) return
    if (document.hidden) return keep()
    watch()
    if (!unsent.length) stored.drop(tab, KEPT)
    if (last) ask()
  })
  addEventListener('pagehide', () => { if (!isGone) keep() })
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    if (isGone) goAway()
    else { rest(seen.size > 0); ask() }
  })
  setInterval(watch, 5000)

  // In a frame, a browser may say that it takes cookies and drop them. This one is gone again before anything is asked.
  function takesCookies() {
    if (!partner) return navigator.cookieEnabled
    document.cookie = `cek=1; ${FRAMED}`
    const isTaken = hasCookie('cek')
    document.cookie = `cek=1; ${FRAMED}; Max-Age=0`
    return isTaken
  }
  async function begin() {
    if (partner && parent === window) return location.replace('/') // opened by itself
    if (partner) tellSite('ready')
    $('fold').hidden = !partner
    $('lost').classList.add('ready')
    if (hasLeft()) await tellLeft()
    const isTaken = takesCookies()
    $('own').hidden = isTaken || !partner
    if (!isTaken && !partner) tell('Browser ini menolak cookie, jadi balasan tidak bisa tampil. Izinkan cookie untuk halaman ini, lalu muat ulang.')
    takeBack()
    flush()
    const state = await ask()
    if (state?.rests && document.activeElement !== box && !unsent.length) rest(true)
    else if (isFine) box.focus({ preventScroll: true })
  }
  begin()
})()
