// What a fault sees of a request.
//
// The published types (scripts/types.mjs) are written out of the descriptions of the messages:
// there `ApiName` are the names of all APIs, and `body` has the fields that Kafka gives it.

/** The name of an API: `Produce`, `Fetch`, `JoinGroup`, … */
export type ApiName = string

/** A request that a fault may meet. */
export interface FaultyRequest<Name extends ApiName> {
  readonly api: Name
  readonly version: number
  readonly clientId: string | null
  /** Its IP address, without a port. */
  readonly clientAddress: string
  /** The fields of the request, those that its version lacks at their defaults. */
  readonly body: Readonly<Record<string, unknown>>
}
