// `npm run simulate`: what readers in many places see, in virtual time, beside what the documentation says. It prints a table.
//
//   npm run simulate                 100 seeds for each row
//   npm run simulate -- 1000         so many
//   npm run simulate -- 100 KV       so many, of the rows with this text
import { SCENARIOS } from "../test/support/simulation/scenarios.ts";

const [seeds = "100", text = ""] = process.argv.slice(2);
const seconds = (milliseconds) =>
  milliseconds === Number.POSITIVE_INFINITY
    ? "no bound"
    : `${(Math.round(milliseconds / 10) / 100).toLocaleString("en")} s`;
let exceeded = 0;

console.log("| What is read | The documentation says | That is at most | Worst seen |\n|---|---|---|---|");
for (const { what, promise, bound, run } of SCENARIOS.filter((scenario) => scenario.what.includes(text))) {
  let [worst, worstSeed] = [0, 0];
  for (let seed = 1; seed <= Number(seeds); seed++) {
    const late = await run(seed);
    if (late > worst) [worst, worstSeed] = [late, seed];
  }
  const excess = worst > bound ? ` (exceeded: seed ${worstSeed})` : "";
  if (excess) exceeded++;
  console.log(`| ${what} | ${promise} | ${seconds(bound)} | ${seconds(worst)}${excess} |`);
}
process.exitCode = exceeded > 0 ? 1 : 0;
