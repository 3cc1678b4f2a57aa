// A button on a partner's page, and the frame that it opens with the web chat. Elsewhere than on these sites it does nothing, and
// the browser shows the frame nowhere else. The page learns no word of the talk: only that the frame is ready, was folded or was left.
// Leaving takes the page along: its place in the history becomes that of the plain page.
;(() => {
  'use strict'
  const PARTNERS = {{partners}}, NUMBERS = {{numbers}}
  const NAME = 'Info Layanan Warga', ID = 'info-layanan'
  const ours = new URL(document.currentScript.src).origin
  // Inside somebody else's frame, leaving could not take away what the window shows.
  if (window.top !== window || !PARTNERS.includes(location.origin)) return

  const LOOK = `
:host { all: initial; }
* { box-sizing: border-box; font: 500 17px/1.4 system-ui, sans-serif; }
button { display: flex; align-items: center; gap: 10px; min-height: 56px; padding: 0 22px 0 18px; border: 0; border-radius: 999px; background: #245f4c; color: #fff; cursor: pointer; }
[hidden] { display: none; }
#open { position: fixed; z-index: 2147483000; right: 16px; bottom: calc(16px + env(safe-area-inset-bottom)); box-shadow: 0 6px 16px rgb(57 52 48 / .2); }
:focus-visible { outline: 3px solid #306596; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
svg { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; }
dialog { position: fixed; z-index: 2147483001; inset: auto 16px 16px auto; width: 400px; height: min(680px, 100vh - 32px); max-width: none; max-height: none; margin: 0; padding: 0; border: 1px solid #ddd6ca; border-radius: 20px; overflow: hidden; background: #f5f2ec; color: #25221e; box-shadow: 0 18px 48px rgb(57 52 48 / .2); }
dialog:not([open]) { display: none; }
iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; visibility: hidden; }
.ready iframe { visibility: visible; }
.ready div { display: none; }
div { padding: 24px 20px; }
p { margin: 0 0 20px; }
a { color: inherit; font-size: 19px; font-weight: 700; }
@media (max-width: 520px) { dialog { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; } }
@media (prefers-color-scheme: dark) {
  button { background: #68a78f; color: #121714; }
  dialog { background: #121714; color: #e8ebe8; border-color: #3b4640; }
  :focus-visible { outline-color: #8cb6dd; box-shadow: 0 0 0 3px #121714; }
}
@media print { :host { display: none; } }`

  let frame = null, escaped = -1e4, isGone = false
  const isNarrow = matchMedia('(max-width: 520px)')
  const make = (tag, more, ...inside) => {
    const node = Object.assign(document.createElement(tag), more)
    node.append(...inside)
    return node
  }
  function icon() {
    const [svg, line] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag))
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.setAttribute('aria-hidden', 'true')
    line.setAttribute('d', 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17M12 11v5M12 8h.010')
    svg.append(line)
    return svg
  }
  const host = make('div', { id: ID, lang: 'id' }), root = host.attachShadow({ mode: 'open' })
  const button = make('button', { id: 'open', type: 'button', onclick: open }, icon(), 'Tanya di sini')
  const numbers = NUMBERS.flatMap((each, i) => [i ? ' atau ' : ' ', make('a', { href: `tel:${each}` }, each)])
  const panel = make('dialog', { onclose: folded }, make('div', {},
    make('p', {}, 'Sedang dibuka. Kalau ada bahaya, telepon', ...numbers, '.'),
    make('button', { type: 'button', onclick: () => panel.close() }, 'Tutup')))
  button.setAttribute('aria-haspopup', 'dialog')
  panel.setAttribute('aria-label', NAME)

  function open() {
    if (!frame) {
      frame = make('iframe', { title: NAME, referrerPolicy: 'no-referrer', src: `${ours}/embed?on=${encodeURIComponent(location.origin)}` })
      panel.append(frame)
    }
    button.hidden = true
    if (isNarrow.matches) panel.showModal()
    else panel.show()
    enter()
  }
  function enter() {
    if (panel.className) frame.focus()
    else panel.querySelector('button').focus()
  }
  function folded() {
    button.hidden = false
    button.focus()
  }
  function leave() {
    if (isGone) return
    isGone = true
    document.title = NAME
    document.documentElement.style.setProperty('display', 'none', 'important')
    frame.contentWindow.postMessage('info:leave', ours)
    // The frame answers at once; if it can't, nobody waits for it.
    setTimeout(go, 500)
  }
  const go = () => location.replace(`${ours}/info`)

  addEventListener('message', (event) => {
    if (event.origin !== ours || !frame || event.source !== frame.contentWindow) return
    if (event.data === 'info:ready') {
      panel.className = 'ready'
      if (panel.open) enter()
    } else if (event.data === 'info:close' || event.data === 'info:escape') {
      if (event.data === 'info:escape') escaped = performance.now()
      panel.close()
    } else if (event.data === 'info:leave') {
      leave()
      go()
    }
  })
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return
    if (performance.now() - escaped < 1000) return leave()
    if (!panel.open) return
    escaped = performance.now()
    panel.close()
  }, true)

  function begin() {
    if (document.getElementById(ID)) return
    try {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(LOOK)
      root.adoptedStyleSheets = [sheet]
    } catch {
      root.append(make('style', {}, LOOK))
    }
    root.append(button, panel)
    document.body.append(host)
  }
  if (document.body) begin()
  else addEventListener('DOMContentLoaded', begin)
})()
