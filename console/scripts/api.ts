// Writes src/api/schema.d.ts from openapi.json; with --check only says whether it is current.
import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const target = new URL('../src/api/schema.d.ts', import.meta.url)
const source = new URL('../openapi.json', import.meta.url)
const made = `// Made from openapi.json by \`npm run api\`. Do not edit.\n${astToString(await openapiTS(source))}`

if (!process.argv.includes('--check')) {
  writeFileSync(target, made)
} else if (readFileSync(target, 'utf8') !== made) {
  process.stderr.write('src/api/schema.d.ts is not what openapi.json says. Run `npm run api`.\n')
  process.exitCode = 1
}
