export {
  type RateLimitOptions,
  type RateLimitResult,
  rateLimit,
  rateLimitHeaders,
} from "./rate-limiting/rate-limit.ts";
