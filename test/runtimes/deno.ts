/** The few words of a test runner that the tests use, over `Deno.test`. */
export { expect } from "expect";

type Body = () => void | Promise<void>;

/** A `describe` block, or the file around all of them. */
interface Block {
  readonly name: string;
  readonly skipped: boolean;
  readonly before: Body[];
  readonly after: Body[];
  begun?: Promise<void>;
  left: number;
}

const newBlock = (name: string, skipped: boolean): Block => ({ name, skipped, before: [], after: [], left: 0 });

const blocks: Block[] = [newBlock("", false)];
const current = (): Block => blocks[blocks.length - 1]!;

async function inOrder(bodies: readonly Body[]): Promise<void> {
  for (const body of bodies) await body();
}

async function finish(block: Block): Promise<void> {
  if (block.begun) await inOrder(block.after.splice(0).reverse());
}

// With `--filter` the last test of a block may not be among those that run.
const all: Block[] = [...blocks];
Deno.test.afterAll(async () => {
  for (const block of [...all].reverse()) await finish(block);
});

function addBlock(skip: boolean): (name: string, body: () => void) => void {
  return (name, body) => {
    const block = newBlock(name, skip || current().skipped);
    all.push(block);
    blocks.push(block);
    body();
    blocks.pop();
  };
}

/** Loads a file whose tests and hooks are a block of their own. */
export async function addFile(name: string, load: () => Promise<unknown>): Promise<void> {
  const block = newBlock(name, false);
  all.push(block);
  blocks.push(block);
  try {
    await load();
  } catch (error) {
    it("can be loaded", () => Promise.reject(error));
  }
  blocks.length = 1;
}

function addTest(skip: boolean): (name: string, body: Body, timeout?: number) => void {
  return (name, body) => {
    const around = [...blocks];
    const ignore = skip || current().skipped;
    if (!ignore) for (const block of around) block.left++;
    Deno.test({
      name: [...around.slice(1).map((block) => block.name), name].join(" > "),
      ignore,
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async () => {
        try {
          for (const block of around) await (block.begun ??= inOrder(block.before));
          await body();
        } finally {
          for (const block of around.reverse()) if (--block.left === 0) await finish(block);
        }
      },
    });
  };
}

const skips = <F extends object>(add: (skip: boolean) => F) =>
  Object.assign(add(false), { skip: add(true), skipIf: (condition: unknown): F => add(Boolean(condition)) });

export const describe = skips(addBlock);
export const it = skips(addTest);
export const beforeAll = (body: Body): void => void current().before.push(body);
export const afterAll = (body: Body): void => void current().after.push(body);
