import { afterAll, beforeAll } from "#test";

/** Lets the tests of a file move the clock instead of waiting; gives the function that lets seconds pass. */
export function movedClock(): (seconds: number) => void {
  const { now } = Date;
  let passed = 0;
  beforeAll(() => {
    Date.now = () => now() + passed;
  });
  afterAll(() => {
    Date.now = now;
  });
  return (seconds) => {
    passed += seconds * 1000;
  };
}
