import type {
  onRequestHookHandler,
  onResponseHookHandler,
  onSendHookHandler,
  preHandlerHookHandler,
  preParsingHookHandler,
  preSerializationHookHandler,
  RouteOptions,
} from 'fastify'

interface Hooks {
  onRequest: onRequestHookHandler
  preParsing: preParsingHookHandler
  preHandler: preHandlerHookHandler
  preSerialization: preSerializationHookHandler
  onSend: onSendHookHandler
  onResponse: onResponseHookHandler
}

/** For onRoute: adds a hook to one route, after those it has. What depends on the route is thus settled at the start. */
export function addHook<Name extends keyof Hooks>(
  route: RouteOptions,
  name: Name,
  hook: Hooks[Name],
): void {
  const before: unknown[] = [route[name] ?? []].flat()
  Object.assign(route, { [name]: [...before, hook] })
}
