/** Variables by which tests find the simulator, and what ends it. */
export function startDynamo(): Promise<{ readonly env: Record<string, string>; stop(): Promise<unknown> }>;
