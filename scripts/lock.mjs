// Changes the lock files into what `npm ci` needs on every platform, with Node 20 or newer.
// With --check it only says what it would change.
import { readFileSync, writeFileSync } from "node:fs";

const check = process.argv.includes("--check");

// A registry mirror may lack a release's builds for other platforms. npm then leaves them out of the lock file, and `npm ci`
// refuses that file everywhere. Their versions are exact, so this can add them without the mirror.
const words = {
  os: {
    android: "android",
    darwin: "darwin",
    freebsd: "freebsd",
    linux: "linux",
    linuxmusl: "linux",
    openbsd: "openbsd",
  },
  cpu: { 64: "x64", aarch64: "arm64", arm: "arm", arm64: "arm64", ia32: "ia32", loong64: "loong64", ppc64: "ppc64" },
  libc: { musl: "musl", glibc: "glibc", gnu: "glibc", gnueabihf: "glibc", musleabihf: "musl", linuxmusl: "musl" },
};
Object.assign(words.os, { openharmony: "openharmony", win32: "win32", windows: "win32" });
Object.assign(words.cpu, { riscv64: "riscv64", s390x: "s390x", x64: "x64" });

function platformOf(name) {
  const parts = name.split("/").pop().split("-");
  const found = {};
  for (const field of ["os", "cpu", "libc"]) {
    const value = parts.map((part) => words[field][part]).find(Boolean);
    if (value) found[field] = [value];
  }
  if (found.os?.[0] !== "linux") delete found.libc;
  return found;
}

function adapt(name) {
  const file = new URL(`../${name}`, import.meta.url);
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const changes = [];

  for (const entry of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      if (Object.keys(lock.packages).some((key) => key === path || key.endsWith(`/${path}`))) continue;
      const { os, cpu, libc } = platformOf(name);
      if (!os || !cpu || !/^\d[\w.-]*$/.test(version))
        throw new Error(`No platform or exact version: ${name}@${version}`);
      lock.packages[path] = {
        version,
        cpu,
        ...(entry.dev && { dev: true }),
        ...(libc && { libc }),
        optional: true,
        os,
      };
      changes.push(`add ${name}@${version}`);
    }
  }

  // Development tools run on the Node that `npm ci` installs, so the machine's own Node does not matter to them. Without this,
  // every `npm ci` on Node 20 prints a page of EBADENGINE warnings.
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!entry.dev || !entry.engines?.node) continue;
    delete entry.engines;
    changes.push(`drop the engines of ${path}`);
  }

  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
  if (check) {
    for (const change of changes) console.log(`${name}: would ${change}; run \`npm run lock\``);
    if (changes.length > 0) process.exitCode = 1;
  } else {
    writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`${changes.length} changes to ${name}`);
  }
}

for (const name of ["package-lock.json", "site/package-lock.json"]) adapt(name);
