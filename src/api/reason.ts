// Not imported: an ES import of node:http reads all its members, and with them loads an HTTP client (30 ms, 14 MB).
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** The reason phrase of a status (RFC 9110, section 15). */
export const reason = (status: number): string => STATUS_CODES[status] ?? 'Error'
