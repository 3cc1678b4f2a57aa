/// <reference types="vitest/config" />
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { fixture } from './dev/plugin.ts'

// The server puts a fresh nonce in place of this mark with each page it sends; see bot/web/pages.py.
const NONCE_MARK = '__CSP_NONCE__'

export default defineConfig(({ mode }) => ({
  base: '/console/',
  plugins: [react(), ...(mode === 'fixture' ? [fixture()] : [])],
  ...(mode === 'production' ? { html: { cspNonce: NONCE_MARK } } : {}),
  build: {
    target: 'es2022',
    manifest: true,
    // A data: script or font would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: mode === 'fixture' ? {} : { '/api': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
  },
}))
