import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "#test";
import { cached } from "../../src/cached.ts";
import { withoutSwap } from "../support/caching.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Bytes in use. */
async function used(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
  }
  return process.memoryUsage().heapUsed;
}

describe("calls of a cached function that never settles", () => {
  it("take up no more memory beyond 10,000 of them", async () => {
    const get = cached(withoutSwap(), (_: number) => new Promise<string>(() => {}), { key: String, ttl: 60 });
    let calls = 0;
    const callUntil = async (count: number): Promise<number> => {
      while (calls < count) {
        void get.with({})(calls++);
        if (calls % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return used();
    };
    const start = await used();
    const filled = await callUntil(10_500);
    const perCall = (filled - start) / 10_500;
    const more = (await callUntil(15_500)) - filled;
    // Most of what 5,000 calls hold would be here if none of them were forgotten.
    expect(more).toBeLessThan((perCall * 5000) / 2);
  });
});
