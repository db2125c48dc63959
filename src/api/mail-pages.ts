import type { FastifyPluginAsync } from 'fastify'
import { CSP, layout } from './problems/html.ts'

/** They run the script below and call this server, nothing else. */
const POLICY = `${CSP}; script-src 'self'; connect-src 'self'`
const SCRIPT = '/mail-pages.js'

interface Form {
  path: string
  fields: string
  button: string
  /** What it says when it is done. */
  done: string
  /** The member that the token is sent as; empty where there is none. */
  token?: string
}

/** A form without an action: the script sends it, with the token that follows `#` in the address. */
const page = (title: string, { path, fields, button, done, token = 'token' }: Form) =>
  layout(
    title,
    `<main>
<h1>${title}</h1>
<form data-path="${path}" data-token="${token}" data-done="${done}">
${fields}
<p><button>${button}</button></p>
</form>
<p role="status" aria-live="polite"></p>
<noscript><p>This page needs JavaScript.</p></noscript>
</main>
<script src="${SCRIPT}"></script>`,
  )

const PAGES: Record<string, string> = {
  '/verify-email': page('Confirm your email address', {
    path: '/api/v2/auth/email/verify',
    fields: '<p>Press the button to confirm that this address is yours.</p>',
    button: 'Confirm',
    done: 'Your email address is confirmed.',
  }),
  '/reset-password': page('Set a new password', {
    path: '/api/v2/auth/password/reset',
    fields:
      '<p><label>New password <input type="password" name="new_password" autocomplete="new-password" required></label></p>',
    button: 'Set the password',
    done: 'Your new password is in force. Log in with it.',
  }),
  '/forgot-password': page('Ask for a new password', {
    path: '/api/v2/auth/password/forgot',
    fields:
      '<p><label>Email address <input type="email" name="email" autocomplete="email" required></label></p>',
    button: 'Mail me a link',
    done: 'If an account has this address, a mail is on its way.',
    token: '',
  }),
  '/accept-invitation': page('Make an account', {
    path: '/api/v2/auth/register',
    fields: `<p><label>Username <input name="username" autocomplete="username" required></label></p>
<p><label>Password <input type="password" name="password" autocomplete="new-password" required></label></p>`,
    button: 'Make the account',
    done: 'Your account is there. Log in with it.',
    token: 'invitation',
  }),
}

/** What the links in mails lead to: a line of a terminal has room for them. */
const SHORT = { '/v': '/verify-email', '/r': '/reset-password', '/i': '/accept-invitation' }
for (const [path, of] of Object.entries(SHORT)) PAGES[path] = PAGES[of]!

const CODE = `const form = document.querySelector('form')
const status = document.querySelector('[role=status]')
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  status.textContent = '…'
  const token = location.hash.slice(1)
  const named = form.dataset.token && { [form.dataset.token]: token }
  const body = JSON.stringify({ ...named, ...Object.fromEntries(new FormData(form)) })
  try {
    const headers = { 'content-type': 'application/json' }
    const reply = await fetch(form.dataset.path, { method: 'POST', headers, body, credentials: 'omit' })
    if (reply.ok) {
      form.remove()
      status.textContent = form.dataset.done
      history.replaceState(null, '', location.pathname)
    } else {
      const { detail, errors = [] } = await reply.json()
      status.textContent = errors.length > 0 ? errors.map((error) => error.detail).join('; ') : detail
    }
  } catch {
    status.textContent = 'The server cannot be reached. Try again.'
  }
})
`

/** The pages that the links in mails lead to, for servers whose clients have none of their own. The token never leaves the browser but in the body. */
const mailPages: FastifyPluginAsync = async (app) => {
  const options = { config: { access: 'public' as const }, schema: { hide: true } }
  for (const [path, html] of Object.entries(PAGES))
    app.get(path, options, (_request, reply) =>
      reply
        .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-store' })
        .type('text/html; charset=utf-8')
        .send(html),
    )
  app.get(SCRIPT, options, (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=3600')
      .type('text/javascript; charset=utf-8')
      .send(CODE),
  )
}

export default mailPages
