interface CloudflareEnv {
  readonly STORE: import("edge-key-value/adapters/durable-object").DurableObjects;
}
