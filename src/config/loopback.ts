const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)$/

/** Whether the host of a URL is the machine itself: what goes there crosses no network. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)
