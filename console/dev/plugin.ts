import type { Plugin } from 'vite'
import { answer } from './fixture.ts'

/** Lets `npm run dev` answer /api with invented people, so that the pages can be worked on without the server. */
export function fixture(): Plugin {
  return {
    name: 'teduh-fixture',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (request.url?.startsWith('/api/')) void answer(request, response)
        else next()
      })
    },
  }
}
