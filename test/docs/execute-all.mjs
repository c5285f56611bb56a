// Imports the modules named by the arguments after the first; writes what each threw to the first, as JSON.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [report, ...files] = process.argv.slice(2);
const failures = {};
for (const file of files) {
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    failures[file] = String(error);
  }
}
writeFileSync(report, JSON.stringify(failures));
