// biome-ignore lint/suspicious/noTsIgnore: the types of workerd know this module, and cannot be loaded beside those of the Web.
// @ts-ignore
import { DurableObject } from "cloudflare:workers";
import { type ClaimGate, claimGate } from "./objects/claim-gate.ts";
import { type AlarmStorage, type CullAlarm, cullAlarm } from "./objects/cull-alarm.ts";
import { otherRelease, toObjectFailure } from "./objects/failure.ts";
import { objectCalls } from "./objects/object-calls.ts";
import { type ShardClaim, type ShardRecord, shardRecord } from "./objects/shard-record.ts";
import { sqlTables } from "./objects/tables.ts";
import { CULL_ROWS, type ObjectCalls } from "./objects/wire.ts";

/** What {@link KeyValueObject} needs of its state; `DurableObjectState` of `@cloudflare/workers-types` fits. */
export interface KeyValueObjectState {
  readonly storage: AlarmStorage;
}

/**
 * The Durable Object behind `durableObjectStore`: export it from your Worker, and bind it as a class with SQLite.
 *
 * ```ts
 * export { KeyValueObject } from "edge-key-value/adapters/key-value-object";
 * ```
 * ```toml
 * [[durable_objects.bindings]]
 * name = "STORE"
 * class_name = "KeyValueObject"
 *
 * [[migrations]]
 * tag = "v1"
 * new_sqlite_classes = ["KeyValueObject"]
 * ```
 *
 * Its alarm removes expired entries, at most 1,000 at a time, and is set only while something can expire.
 *
 * A subclass can have an alarm of its own. This class never moves or replaces an alarm that the subclass sets; expired entries
 * then stay, unseen, until that alarm fires. The subclass
 *
 * - calls `super.alarm()` in its `alarm()`, before or after its own work;
 * - sets its alarm even if one is set, since that one may be for entries;
 * - checks whether its own work is due, since the alarm may have come for entries.
 *
 * @example
 * ```ts
 * import { KeyValueObject } from "edge-key-value/adapters/key-value-object";
 *
 * export class Store extends KeyValueObject {
 *   async remindAt(time: number): Promise<void> {
 *     await this.ctx.storage.put("remind", time);
 *     await this.ctx.storage.setAlarm(time);
 *   }
 *
 *   override async alarm(): Promise<void> {
 *     const time = await this.ctx.storage.get<number>("remind");
 *     if (time && time <= Date.now()) {
 *       await this.ctx.storage.delete("remind");
 *       console.log("It is time.");
 *     } else if (time) {
 *       await this.ctx.storage.setAlarm(time);
 *     }
 *     await super.alarm();
 *   }
 * }
 * ```
 */
export class KeyValueObject extends DurableObject {
  readonly #calls: ObjectCalls;
  readonly #shards: ShardRecord;
  readonly #gate: ClaimGate;
  readonly #alarm: CullAlarm;

  constructor(ctx: KeyValueObjectState, env: unknown) {
    super(ctx as never, env as never);
    const tables = sqlTables(ctx.storage);
    this.#alarm = cullAlarm(ctx.storage, tables);
    this.#calls = objectCalls(tables, Date.now(), this.#alarm.expect);
    this.#shards = shardRecord(tables, () => this.#calls.destroy());
    this.#gate = claimGate(this.#shards);
  }

  /**
   * Called by `durableObjectStore`. Returns the result, or a failure as data, and never throws.
   *
   * The first call records the number of shards. An object without a record refuses calls until the first object has
   * agreed to the number; `claim` tells whether it has.
   */
  async keyValue(shards: number, claim: ShardClaim, operation: string, args: unknown[]): Promise<unknown> {
    try {
      const refusal = this.#gate(shards, claim);
      const refused = refusal instanceof Promise ? await refusal : refusal;
      if (refused) return { failure: refused };
      if (operation === "claim") return this.#shards.epoch();
      if (operation === "renew") return this.#shards.renew();
      if (!Object.hasOwn(this.#calls, operation)) throw otherRelease();
      const result = (this.#calls[operation as keyof ObjectCalls] as (...args: unknown[]) => unknown)(...args);
      await this.#alarm.schedule();
      if (operation === "destroy") {
        this.#shards.forget(claim);
        await this.#alarm.cancel();
      }
      return result;
    } catch (error) {
      return { failure: toObjectFailure(error) };
    }
  }

  /** Removes expired entries, and sets the next alarm while there is something that can expire. */
  // biome-ignore lint/suspicious/noTsIgnore: there is nothing to override where the base class is not known.
  // @ts-ignore
  override async alarm(): Promise<void> {
    const { more } = this.#calls.cull(CULL_ROWS);
    this.#alarm.came(more);
    await this.#alarm.schedule();
  }
}
