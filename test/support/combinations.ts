/** Which runs of the conformance suite are left out where they would repeat the same code. `npm test -- --matrix` runs them all. */
import { onNode } from "./runtime.ts";

const { EKV_MATRIX } = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};

/** Whether to run everything everywhere. */
export const everyCombination = Boolean(EKV_MATRIX);

/**
 * Whether to run other options of a wrapper, and stacks of wrappers. This is plain code, and what differs from runtime to
 * runtime is what it calls. Each wrapper by itself runs on all runtimes, so the rest runs on Node alone.
 */
export const withVariants = onNode || everyCombination;
