import { env } from "cloudflare:workers";
import type { DurableObjects, DurableObjectsStub } from "../../src/adapters/durable-object.ts";
import type { KeyValueObject } from "../../src/adapters/key-value-object.ts";
import type { OwnObject, ReminderObject } from "./worker.ts";

/** The bindings of `wrangler.toml` that are objects. */
export const bindings = env as unknown as {
  readonly OBJECTS: DurableObjectNamespace<KeyValueObject>;
  readonly REMINDERS: DurableObjectNamespace<ReminderObject>;
  readonly OWN: DurableObjectNamespace<OwnObject>;
};

/** A call to an object: the number of the stub it went through, counted from 1, and what was asked. */
export interface SeenCall {
  readonly object: string;
  readonly stub: number;
  readonly operation: string;
}

/** Gets in between: may throw instead of calling, or after the call has happened. */
export type Fault = (call: SeenCall, proceed: () => PromiseLike<unknown>) => PromiseLike<unknown>;

/** Objects that no other test has, in a namespace that keeps a record of the calls to them. */
export function objects(
  scope: string,
  { namespace = bindings.OBJECTS, fault }: { namespace?: DurableObjectNamespace<KeyValueObject>; fault?: Fault } = {},
): DurableObjects & { readonly calls: SeenCall[]; stub(name: string): DurableObjectStub<KeyValueObject> } {
  const calls: SeenCall[] = [];
  let stubs = 0;
  const names = new Map<DurableObjectId, string>();
  return {
    calls,
    stub: (name) => namespace.get(namespace.idFromName(`${scope}/${name}`)),
    idFromName(name) {
      const id = namespace.idFromName(`${scope}/${name}`);
      names.set(id, name);
      return id;
    },
    get(id, options): DurableObjectsStub {
      const real = namespace.get(id as DurableObjectId, options);
      const stub = ++stubs;
      return {
        id,
        keyValue(shards, claimed, operation, args) {
          const call = { object: names.get(id as DurableObjectId) ?? "", stub, operation };
          calls.push(call);
          const proceed = () => real.keyValue(shards, claimed, operation, args);
          return fault ? fault(call, proceed) : proceed();
        },
      };
    },
    jurisdiction: () => {
      throw new Error("workerd knows no jurisdictions");
    },
  };
}

/** Runs with a clock that is ahead: the objects of these tests run in the same isolate. */
export async function later<R>(seconds: number, work: () => Promise<R>): Promise<R> {
  const now = Date.now;
  Date.now = () => now() + seconds * 1000;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}
