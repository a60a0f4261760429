// Faults on the wire, as a test scripts them: in front of the handlers, so that they see requests
// as the broker does and answer in the form that its own errors have.

import { type ErrorCode, Errors } from '../../protocol/errors.ts'
import type { Api, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { FetchRequest } from '../../protocol/messages/fetch.ts'
import {
  type Answer, CloseConnection, type Handler, Later, NO_ANSWER, type RequestContext,
} from '../server/handler.ts'
import type { Services } from '../services.ts'
import type { Clock } from '../world/clock.ts'
import type { Fault, FaultBuilder, Faults } from './api.ts'
import { checkFaultClose, checkPredicate, checkWait } from './checks.ts'
import type { FaultyRequest } from './fault-names.ts'
import { refusedFetch } from './refused-fetch.ts'

/** A request that was met, and how it would have been handled. */
interface Met {
  readonly handler: Handler
  readonly request: RequestOf<Api>
  readonly context: RequestContext
  readonly services: Services
  handle(): Answer<Api>
}

type Outcome = (met: Met) => Answer<Api>

type Predicate<Name extends string = string> = (request: FaultyRequest<Name>) => boolean

interface Rule {
  readonly api: string
  readonly predicates: readonly Predicate[]
  readonly outcome: Outcome
  left: number
  count: number
}

export class ScriptedFaults implements Faults {
  readonly #clock: Clock
  readonly #handlers: readonly Handler[]
  /** The newest first. */
  #rules: Rule[] = []

  constructor(handlers: readonly Handler[], clock: Clock) {
    this.#handlers = handlers
    this.#clock = clock
  }

  on<Name extends string>(api: Name): FaultBuilder<Name> {
    const known = this.#handlers.find((handler) => handler.api.name === api)
    if (known !== undefined) return this.#builder({ api, times: Infinity, predicates: [] })
    const names = this.#handlers.map((handler) => handler.api.name).join(', ')
    throw new RangeError(`${api} is no API of this broker, which serves ${names}`)
  }

  clear(): void {
    this.#rules = []
  }

  #builder<Name extends string>(script: Script): FaultBuilder<Name> {
    const set = (outcome: Outcome): Fault => this.#set(script, outcome)
    return {
      times: (count) => this.#builder({ ...script, times: checkCount(count) }),
      when: (predicate) => {
        checkPredicate(predicate)
        // It is asked of requests of this API alone.
        const predicates = [...script.predicates, predicate as Predicate]
        return this.#builder({ ...script, predicates })
      },
      reply: (error) => set(replying(codeOf(error))),
      drop: () => set(dropping),
      delay: (byMs) => {
        checkWait('A fault can delay an answer', byMs)
        return set(delaying(byMs, this.#clock))
      },
      close: (options = {}) => {
        checkFaultClose(options)
        return set(options.handled === 'after' ? closingAfter : closing)
      },
    }
  }

  #set({ api, times, predicates }: Script, outcome: Outcome): Fault {
    const rule: Rule = { api, predicates, outcome, left: times, count: 0 }
    this.#rules.unshift(rule)
    return {
      get count() { return rule.count },
      remove: () => { this.#rules = this.#rules.filter((one) => one !== rule) },
    }
  }

  /** The handlers of a broker whose requests meet the faults. */
  inFrontOf(handlers: readonly Handler[]): readonly Handler[] {
    return handlers.map((handler): Handler => ({
      ...handler,
      handle: (request, context, services) => {
        const handle = (): Answer<Api> => handler.handle(request, context, services)
        const rule = this.#match(handler, request, context)
        if (rule === undefined) return handle()
        return rule.outcome({ handler, request, context, services, handle })
      },
    }))
  }

  #match(handler: Handler, request: RequestOf<Api>, context: RequestContext): Rule | undefined {
    if (this.#rules.length === 0) return undefined
    const { name } = handler.api
    const seen: FaultyRequest<string> = {
      api: name, version: context.apiVersion, clientId: context.clientId,
      clientAddress: context.clientAddress, body: request,
    }
    const rule = this.#rules.find(({ api, left, predicates }) => (
      api === name && left > 0 && predicates.every((predicate) => predicate(seen))))
    if (rule === undefined) return undefined
    rule.left--
    rule.count++
    return rule
  }
}

interface Script {
  readonly api: string
  readonly times: number
  readonly predicates: readonly Predicate[]
}

function checkCount(count: number): number {
  if (Number.isInteger(count) && count > 0) return count
  throw new RangeError(`A fault can meet a whole number of requests, not ${count}`)
}

function codeOf(name: string): ErrorCode {
  const code = Object.hasOwn(Errors, name) ? Errors[name as keyof typeof Errors] : Errors.NONE
  if (code !== Errors.NONE) return code
  throw new RangeError(`${name} is no error of Kafka's protocol`)
}

function replying(code: ErrorCode): Outcome {
  return ({ handler, request, context, services }) => {
    // Kafka too has no other way to tell an error to somebody who wants no answer.
    if (wantsNoAnswer(handler, request)) throw new CloseConnection('a fault was to be told')
    const { apiVersion } = context
    const answer = handler.api.name === 'Fetch'
      ? refusedFetch(request as FetchRequest, apiVersion, services, code) : undefined
    return answer ?? handler.options.errorAnswer?.(request, apiVersion, code, undefined)
      ?? { errorCode: code, ...EMPTY } as ResponseOf<Api>
  }
}

/** What ApiVersions, which never fails, has beside its error. */
const EMPTY = { apiKeys: [] }

function wantsNoAnswer({ api }: Handler, request: RequestOf<Api>): boolean {
  return api.name === 'Produce' && (request as { readonly acks?: number }).acks === 0
}

const dropping: Outcome = ({ handle }) => {
  const dropped = new Later<ResponseOf<Api> | typeof NO_ANSWER>()
  settle(handle(), () => dropped.complete(NO_ANSWER))
  return dropped
}

const closing: Outcome = () => {
  throw new CloseConnection('a fault was to close it')
}

const closingAfter: Outcome = ({ handle }) => {
  const closed = new Later<ResponseOf<Api>>()
  settle(handle(), () => closed.fail(new CloseConnection('a fault was to close it')))
  return closed
}

function delaying(byMs: number, clock: Clock): Outcome {
  return ({ handle, context }) => {
    const delayed = new Later<ResponseOf<Api> | typeof NO_ANSWER>()
    // What is pipelined behind it must not overtake it.
    context.answerFirst()
    const timer = clock.setTimer(byMs, () => {
      try {
        settle(handle(), (answer) => delayed.complete(answer), (error) => delayed.fail(error))
      } catch (error) {
        delayed.fail(error)
      }
    })
    context.client.onGone(() => {
      timer.cancel()
      delayed.complete(NO_ANSWER)
    })
    return delayed
  }
}

type Told = ResponseOf<Api> | typeof NO_ANSWER

/** Tells when a request is handled, whatever came of it unless the error is asked for too. */
function settle(
  answer: Answer<Api>, done: (answer: Told) => void,
  failed: (error: unknown) => void = () => done(NO_ANSWER),
): void {
  if (answer instanceof Later) answer.settle(done, failed)
  else if (answer instanceof Promise) answer.then(done, failed)
  else done(answer as Told)
}
