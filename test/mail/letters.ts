import { createTemplates, type Letter } from '../../src/domain/mail/templates.ts'

export const SITE = 'https://commonplace.example.com/app'
export const UNTIL = new Date('2026-11-30T20:47:36.731Z')
export const DEVICE = `Mozilla/5.0 <b>${'x'.repeat(300)}`

/** Every kind of mail, of a server below a path, to readers whose names and devices are long. */
export function everyLetter(): Record<string, Letter> {
  const templates = createTemplates(SITE)
  const reader = { username: `${'w'.repeat(31)}木` }
  const link = { token: 'T0kEn-_'.repeat(6).slice(0, 40), until: UNTIL }
  return {
    verifyEmail: templates.verifyEmail(reader, link),
    resetPassword: templates.resetPassword(reader, link, true),
    invitation: templates.invitation(link.token, UNTIL),
    addressTaken: templates.addressTaken(reader),
    newDevice: templates.newDevice(reader, { at: UNTIL, ip: '2001:db8::7', userAgent: DEVICE }),
    noticed: templates.noticed(reader, 'A second factor was begun', UNTIL),
    suspended: templates.suspended(reader, UNTIL),
    credentialChanged: templates.credentialChanged(reader, {
      what: 'The password',
      ended:
        '12 sessions, 3 API keys, 2 linked sign-ins, 1 pending address, 3 mailed links, 1 export link',
      at: UNTIL,
    }),
  } satisfies Record<keyof ReturnType<typeof createTemplates>, Letter>
}
