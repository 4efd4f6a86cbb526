/** The shapes of requests and answers, by their names. */
import type { Amount } from "./amount.js";

/** Decimal text of up to three places. */
export type Decimal = string;

export interface Credits {
  freeCredits: {
    remaining: number;
    monthlyAllocation: number;
    used: number;
    resetDate: string;
    daysUntilReset: number;
    held: number;
  };
  proCredits: { remaining: number; purchasedTotal: number; lifetimeUsed: number; held: number };
  totalAvailable: number;
  lastUpdated: string;
  held: number;
  debt: number;
  version: number;
  lots: { id: string; creditType: string; kind: string; remaining: number; expiresAt: string | null }[];
}

export interface Profile {
  userId: string;
  email: string | null;
  displayName: string | null;
  subscription: {
    tier: string;
    status: string;
    currentPeriodStart: string | null;
    currentPeriodEnd: string | null;
    cancelAtPeriodEnd: boolean;
    cancelAt?: string;
  };
  preferences: { defaultModel: string | null; emailNotifications: boolean; usageAlerts: boolean };
  accountCreatedAt: string | null;
  lastLoginAt: string | null;
}

export interface Launch {
  user: Profile;
  credits: Credits;
}

export interface Models {
  models: {
    id: string;
    name: string;
    provider: string;
    capabilities: string[];
    contextLength: number;
    maxOutputTokens: number;
    creditsPer1kTokens: Decimal;
  }[];
}

export interface HistoryPage {
  entries: {
    seq: number;
    id: string;
    kind: string;
    amount: Decimal;
    freeDelta: Decimal;
    proDelta: Decimal;
    totalAvailable: number;
    modelId: string | null;
    operation: string | null;
    inputTokens: number | null;
    outputTokens: number | null;
    label: string | null;
    at: string;
  }[];
  nextCursor: string | null;
}

interface UsageSum {
  credits: Decimal;
  requests: number;
  inputTokens: number;
  outputTokens: number;
}

export interface Usage {
  from: string;
  to: string;
  groupBy: string;
  rows: (UsageSum & { key: string })[];
  total: UsageSum;
}

export interface Preferences {
  defaultModel: string | null;
  emailNotifications: boolean;
  usageAlerts: boolean;
  enableStreaming: boolean;
  maxTokens: number;
  temperature: Decimal;
}

interface Balance {
  amount: Decimal;
  freeUsed: Decimal;
  proUsed: Decimal;
  totalAvailable: number;
  held: number;
  debt: number;
  version: number;
}

export interface Charged extends Balance {
  chargeId: string;
}

export interface Held extends Balance {
  holdId: string;
  status: string;
  expiresAt: string;
}

export type PreferencesChange = Partial<Omit<Preferences, "temperature"> & { temperature: Decimal | number }>;

export interface HistoryQuery {
  limit?: number;
  cursor?: string;
  kind?: string;
}

export interface UsageQuery {
  from?: string;
  to?: string;
  groupBy?: "day" | "model";
}

export interface Spending {
  amount: Decimal | Amount;
  modelId?: string;
  operation?: string;
  inputTokens?: number;
  outputTokens?: number;
  label?: string;
}

export interface HoldTerms {
  amount: Decimal | Amount;
  ttlSeconds?: number;
  onExpiry?: "release" | "settle";
}

export type ErrorCode = string;
