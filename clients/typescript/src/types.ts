/**
 * The shapes of requests and answers, by their names. They are taken from `openapi.ts`, which is generated from the
 * API's own document. The API may answer words that are newer than these types: a `switch` needs a `default`.
 */
import type { Amount } from "./amount.js";
import type { components, paths } from "./openapi.js";

type Json<R> = R extends { content: { "application/json": infer Body } } ? Body : never;
type Answered<O, Status extends number> = O extends { responses: infer All }
  ? Status extends keyof All
    ? Json<All[Status]>
    : never
  : never;
type Asked<O> = O extends { requestBody: infer Body } ? Json<Body> : never;
type Query<O> = O extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;
/** Amounts are given as text or as an `Amount`; the API takes whole numbers too, but a float is easily made of one. */
type Exact<T> = Omit<T, "amount"> & { amount?: string | Amount };

export type Credits = Answered<paths["/api/user/credits"]["get"], 200>;
export type Profile = Answered<paths["/api/user/profile"]["get"], 200>;
export type Launch = Answered<paths["/api/user"]["get"], 200>;
export type Models = Answered<paths["/v1/models"]["get"], 200>;
export type Prices = Answered<paths["/v1/prices"]["get"], 200>;
export type Order = Asked<paths["/api/user/checkout"]["post"]>;
export type PortalRequest = Asked<paths["/api/user/portal"]["post"]>;
/** A page to open in a browser. Whoever has the address can use it. */
export type HostedPage = Answered<paths["/api/user/checkout"]["post"], 201>;
export type HistoryPage = Answered<paths["/api/user/credits/history"]["get"], 200>;
export type HistoryQuery = Query<paths["/api/user/credits/history"]["get"]>;
export type Usage = Answered<paths["/api/user/usage"]["get"], 200>;
/** Dates such as `2025-11-06`, or RFC 3339 times. */
export type UsageQuery = Query<paths["/api/user/usage"]["get"]>;
export type Preferences = Answered<paths["/api/user/preferences"]["get"], 200>;
export type PreferencesChange = Asked<paths["/api/user/preferences"]["patch"]>;
export type Charged = Answered<paths["/api/users/{userId}/charges"]["post"], 201>;
export type Spending = Exact<Asked<paths["/api/users/{userId}/charges"]["post"]>>;
/** A charge of a batch, under its own key. */
export type BatchCharge = Exact<
  Asked<paths["/api/users/{userId}/charges/batch"]["post"]>["charges"][number]
>;
export type BatchCharged = Answered<paths["/api/users/{userId}/charges/batch"]["post"], 200>;
/** A model with either `usage` or `estimate`. */
export type Quote = Asked<paths["/v1/quotes"]["post"]>["quotes"][number];
/** A price, or the `error` that says why there is none. */
export type Quoted = Answered<paths["/v1/quotes"]["post"], 200>["quotes"][number];
export type HoldTerms = Exact<Asked<paths["/api/users/{userId}/holds"]["post"]>>;
export type Held = Answered<paths["/api/users/{userId}/holds"]["post"], 201>;

type Schemas = components["schemas"];
/** The one code that a schema of an error has. */
type CodeOf<S> = S extends { error: infer Code extends string } ? (string extends Code ? never : Code) : never;
/** The codes of errors that this client knows. */
export type KnownErrorCode = { [Name in keyof Schemas]: CodeOf<Schemas[Name]> }[keyof Schemas];
/** The code of an error: a known one, or a word that is newer than this client. */
export type ErrorCode = KnownErrorCode | (string & {});
