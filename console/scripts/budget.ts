// The inbox must open on a slow phone: fails when the JavaScript its page loads weighs more than we allow.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 200

type Chunk = { file: string; imports?: string[]; isEntry?: boolean }

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8')) as Record<string, Chunk>

/** The files loaded at once with a chunk: itself and what it imports, not what it loads later. */
function filesOf(key: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[key]
  if (!chunk || seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const next of chunk.imports ?? []) filesOf(next, seen)
  return seen
}

const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry)
if (!entry) throw new Error('the build has no entry')

let bytes = 0
for (const file of filesOf(entry)) bytes += gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
const kb = bytes / 1024
process.stdout.write(`inbox: ${kb.toFixed(1)} kB of JavaScript, gzip (at most ${BUDGET_KB})\n`)
if (kb > BUDGET_KB) process.exitCode = 1
