/**
 * Runs the test files that are named by the arguments, in one isolate: Deno starts one for each file, and loads the library in
 * it again, which takes longer than most files do.
 */
import { addFile } from "./deno.ts";

for (const file of Deno.args) {
  await addFile(file, () => import(new URL(`../../${file}`, import.meta.url).href));
}
