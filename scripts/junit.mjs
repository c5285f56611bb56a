// Reads the JUnit reports that every test runner writes.
const entities = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const decode = (text) =>
  text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (all, decimal, hex, name) => {
    if (name) return entities[name] ?? all;
    return String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16));
  });

const attribute = (tag, name) => decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "");

/** The tests of a report: `{ name, file, outcome: "passed" | "failed" | "skipped", message }`. */
export function readJunit(xml) {
  const tests = [];
  for (const [, tag, selfClosed, body = ""] of xml.matchAll(
    /<testcase\b((?:[^>"]|"[^"]*")*?)(?:(\/)>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const failure = /<(failure|error)\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/\1>)/.exec(body);
    const skipped = !selfClosed && /<skipped\b/.test(body);
    const file = attribute(tag, "file");
    const group = attribute(tag, "classname");
    tests.push({
      // Bun gives the block in `classname`, the others the file.
      name: [...(file ? [file] : []), ...(group ? [group] : []), attribute(tag, "name")].join(" > "),
      outcome: failure ? "failed" : skipped ? "skipped" : "passed",
      message: failure ? decode((failure[3] ?? "").trim() || attribute(failure[2], "message")) : "",
    });
  }
  return tests;
}

const encode = (text) =>
  String(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "?")
    .replace(/[&<>"\n]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Writes a report of tests in the form that {@link readJunit} returns. */
export function writeJunit(tests) {
  const cases = tests.map(({ name, outcome, message }) => {
    const inner = { failed: `<failure message="${encode(message)}"/>`, skipped: "<skipped/>", passed: "" }[outcome];
    return `<testcase name="${encode(name)}">${inner}</testcase>`;
  });
  return `<testsuites><testsuite>\n${cases.join("\n")}\n</testsuite></testsuites>\n`;
}
