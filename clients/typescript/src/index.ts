/**
 * A typed client of the API. `UserClient` is for an app with a user's token: credits, profile, launch, history, usage,
 * preferences, models, prices and buying, with a cache. `ServiceClient` is for a service: charges and holds, each done once.
 */
export { Amount } from "./amount.js";
export type { Answer, Freshness } from "./cache.js";
export {
  ClientError,
  FunctionError,
  GatewayError,
  NetworkError,
  TokenError,
  UnreadableError,
} from "./errors.js";
export { uniqueKey } from "./commands.js";
export { Hold } from "./hold.js";
export { ServiceClient } from "./service.js";
export type { Settings } from "./settings.js";
export type { TokenSource } from "./tokens.js";
export type {
  BatchCharge,
  BatchCharged,
  Charged,
  Credits,
  ErrorCode,
  Held,
  HistoryPage,
  HistoryQuery,
  HoldTerms,
  HostedPage,
  KnownErrorCode,
  Launch,
  Models,
  Order,
  PortalRequest,
  Preferences,
  PreferencesChange,
  Prices,
  Profile,
  Quote,
  Quoted,
  Spending,
  Usage,
  UsageQuery,
} from "./types.js";
export { type TokenUsage, UsageError, usageOfAnthropic, usageOfGemini, usageOfOpenAi } from "./usage.js";
export { UserClient } from "./user.js";
