import { defineCloudflareConfig } from "@opennextjs/cloudflare";
import memoryQueue from "@opennextjs/cloudflare/overrides/queue/memory-queue";
import { incrementalCache } from "./cache/incremental-cache.ts";
import { tagCache } from "./cache/tag-cache.ts";

export default defineCloudflareConfig({ incrementalCache, tagCache, queue: memoryQueue });
