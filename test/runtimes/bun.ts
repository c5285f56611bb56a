export { afterAll, beforeAll, describe, expect, it } from "bun:test";
