/** The files around the code: what the workflows run exists, and files that say the same thing agree. */
import { readdirSync, readFileSync } from "node:fs";
import yaml from "js-yaml";
import { unstable_readConfig } from "wrangler";
import { describe, expect, it } from "#test";
import { releaseProblems } from "../../scripts/release-check.mjs";
import { sidebar } from "../../site/.vitepress/sidebar.mjs";

const text = (path: string) => readFileSync(path, "utf8");
const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };

interface Workflow {
  readonly jobs: Record<string, { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>;
}

describe("the workflows", () => {
  const files = readdirSync(".github/workflows");

  for (const file of files) {
    it(`${file} runs scripts that exist, with a time limit`, () => {
      const { jobs } = yaml.load(text(`.github/workflows/${file}`)) as Workflow;
      const commands = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = "" }) => run));
      const names = commands.flatMap((run) => /npm (?:run )?([\w:]+)/.exec(run)?.[1] ?? []);
      const missing = names.filter((name) => !["ci", "publish"].includes(name) && !scripts[name]);
      expect([names.length > 0, missing]).toEqual([true, []]);
      for (const job of Object.values(jobs)) expect(job).toHaveProperty("timeout-minutes");
    });
  }

  it("install what CI installs", () => {
    const packages = /postgresql chromium|redis-server postgresql/;
    expect(files.filter((file) => text(`.github/workflows/${file}`).includes("npm test")).length).toBeGreaterThan(0);
    for (const file of files) expect(text(`.github/workflows/${file}`)).toMatch(packages);
  });
});

describe("the example's configuration", () => {
  it("is the same in wrangler.toml and wrangler.jsonc", () => {
    const [toml, jsonc] = ["wrangler.toml", "wrangler.jsonc"].map((config) => {
      const { configPath, userConfigPath, ...rest } = unstable_readConfig({ config }, { hideWarnings: true });
      return rest;
    });
    expect(toml).toEqual(jsonc);
  });

  it("has a description of each binding and each secret, for those who deploy it by the button", () => {
    const { kv_namespaces, durable_objects } = unstable_readConfig(
      { config: "wrangler.jsonc" },
      { hideWarnings: true },
    );
    const names = [
      ...kv_namespaces.map(({ binding }: { binding: string }) => binding),
      ...durable_objects.bindings.map(({ name }: { name: string }) => name),
    ];
    const secrets = text(".dev.vars.example").match(/^\w+(?==)/gm) ?? [];
    const { cloudflare } = JSON.parse(text("package.json")) as { cloudflare: { bindings: Record<string, unknown> } };
    expect(Object.keys(cloudflare.bindings).sort()).toEqual([...names, ...secrets].sort());
  });
});

describe("the guides", () => {
  it("are all in their index", () => {
    const index = text("docs/guides/README.md");
    const pages = readdirSync("docs/guides").filter((file) => file !== "README.md");
    expect(pages.filter((page) => !index.includes(`(${page})`))).toEqual([]);
  });
});

describe("the site", () => {
  it("has every page of the documentation in its sidebar", () => {
    const pages = readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"));
    expect(() =>
      sidebar(
        pages.map((file) => file.replace(/README\.md$/, "index.md")),
        [],
      ),
    ).not.toThrow();
    expect(() => sidebar(["not-listed.md"], [])).toThrow("not-listed.md");
  });
});

describe("a release", () => {
  const ready = { packageVersion: "0.2.0", denoVersion: "0.2.0", changelog: "# Changelog\n\n## 0.2.0 (2026-12-01)\n" };

  it("is ready when tag, packages and changelog agree", () => {
    expect(releaseProblems("v0.2.0", ready)).toEqual([]);
  });

  it("is not ready when one of them differs", () => {
    expect(releaseProblems("0.2.0", ready)).toEqual(['"0.2.0" is no tag such as v0.2.0']);
    expect(releaseProblems("v0.2.1", ready).length).toBe(3);
    const notDated = { ...ready, changelog: "## 0.2.0 (not released)\n" };
    expect(releaseProblems("v0.2.0", notDated)).toEqual(['CHANGELOG.md says "not released" where the date belongs']);
  });
});
