/** Line drawings of our own, 24 by 24. They never stand alone for a meaning: a word or a label is always with them. */
const PATHS = {
  umbrella: 'M3.5 12.5a8.5 8.5 0 0 1 17 0zM12 2.500v1.500M12 12.500v6.200a2.3 2.3 0 0 0 4.6 0',
  talk: 'M4.5 5.500h15v10.500h-9l-4 3.500v-3.500h-2z',
  people:
    'M9 11.500a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400zM3 19.500c.5-3.6 2.7-5.5 6-5.500s5.5 1.9 6 5.500M15.5 5.500a3 3 0 0 1 0 5.800M17.5 14.300c2 .7 3.2 2.4 3.5 5.2',
  person: 'M12 11.500a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.400zM5 20c.6-4.2 3.2-6 7-6s6.4 1.8 7 6',
  place:
    'M12 20.500s-6.5-5.5-6.5-10.700a6.5 6.5 0 0 1 13 0c0 5.2-6.5 10.7-6.5 10.700zM12 12a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.400z',
  clock: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.500V12l3 1.8',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  note: 'M5 4.500h14V14l-5 5.500H5zM14 19.500V14h5M8.5 8.500h7M8.5 12h3.5',
  send: 'M4 12l16-7.5-5.5 15.5-3-6.500z',
  check: 'M5 12.500l4.5 4.500L19 7.5',
  checks: 'M2.5 12.500L7 17l8.5-9M12.5 16l1 1L22 8',
  back: 'M15 5l-7 7 7 7',
  down: 'M5.5 9l6.5 6.500L18.5 9',
  giveBack: 'M9 5L4.5 9.5 9 14M4.5 9.500H14a5 5 0 0 1 0 10h-3',
  done: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8 12.300l2.8 2.800L16 9.5',
  bell: 'M6.5 16.500V10.500a5.5 5.5 0 0 1 11 0v6l1.5 1.500H5zM10.2 20.500h3.6',
  help: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM9.7 9.500a2.3 2.3 0 1 1 3.2 2.200c-.6.3-.9.7-.9 1.500M12 16.300v.1',
  cut: 'M4 4l16 16M8.5 15a5 5 0 0 1 6.5-.5M5 11.200a10 10 0 0 1 4-2.400M19 11.200a10 10 0 0 0-5.5-2.700M12 18.500v.1',
  unsure: 'M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.500v5.500M12 16.300v.1',
  list: 'M5 6.500h14M5 12h14M5 17.500h9',
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h10.500v11H9zM15 9V4.500H4.500v11H9',
  up: 'M12 19V5.500M6 11l6-6 6 6',
  close: 'M6 6l12 12M18 6L6 18',
  voice: 'M12 14.500a3 3 0 0 0 3-3v-5a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3zM5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v2.5',
  photo: 'M4 5.500h16v13H4zM4 15.500l4.5-4 4 3.5 3-2.5 4.5 3.500M15.5 9.700v.1',
  file: 'M6.5 3.500h7l4 4.500v12.500h-11zM13.5 3.500V8h4',
  eyeOff:
    'M4.5 4.500l15 15M10 6.300a8 8 0 0 1 2-.3c5.5 0 8.7 6 8.7 6a15 15 0 0 1-2.4 3M6.4 8A14 14 0 0 0 3.3 12s3.2 6 8.7 6c1.2 0 2.3-.3 3.3-.7',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** Somebody resting under a tree: the console's face when nobody waits. */
export function Shade() {
  return (
    <svg className="shade-drawing" viewBox="0 0 180 132" aria-hidden="true">
      <ellipse cx="90" cy="120" rx="68" ry="7" fill="var(--line-strong)" />
      <circle cx="62" cy="52" r="30" fill="var(--shade-1)" />
      <circle cx="118" cy="54" r="28" fill="var(--shade-1)" />
      <circle cx="90" cy="40" r="34" fill="var(--shade-2)" />
      <path
        d="M90 46v72M90 84l18-16M90 74L76 62"
        stroke="var(--accent)"
        strokeWidth="4"
        strokeLinecap="round"
        fill="none"
      />
      <circle cx="58" cy="93" r="7" fill="var(--accent)" />
      <path d="M46 119c0-11 5-17 12-17s12 6 12 17z" fill="var(--accent)" />
    </svg>
  )
}
