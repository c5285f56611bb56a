/** The few words of a test runner that the tests use, over `Deno.test`. */
export { expect } from "expect";

type Body = () => void | Promise<void>;

const path: string[] = [];

export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}

export function it(name: string, body: Body, _timeout?: number): void {
  Deno.test({ name: [...path, name].join(" > "), fn: body, sanitizeOps: false, sanitizeResources: false });
}

it.skip = (name: string, body: Body): void => Deno.test({ name: [...path, name].join(" > "), fn: body, ignore: true });

export const beforeAll = (body: Body): void => Deno.test.beforeAll(body);
export const afterAll = (body: Body): void => Deno.test.afterAll(body);
