import type { DynamoDBAttribute } from "./client.ts";
import { headOf } from "./item.ts";

/** A condition with the names and values that it uses: DynamoDB refuses unused ones. Its names are reserved words. */
export interface Condition {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Record<string, DynamoDBAttribute>;
}

/** That an item has expired. An item without a deadline has not, since a comparison with nothing does not hold. */
export function expired(): Condition {
  const now = Date.now();
  return {
    expression: "(#ttl <= :second OR #deadline <= :now)",
    names: { "#ttl": "ttl", "#deadline": "deadline" },
    values: { ":second": { N: `${now / 1000}` }, ":now": { N: `${now}` } },
  };
}

/** That there is no item, or one that has expired. */
export function absent(): Condition {
  const { expression, names, values } = expired();
  return { expression: `attribute_not_exists(#key) OR ${expression}`, names: { ...names, "#key": "key" }, values };
}

/** That an item has not expired, and was written with this id. */
export function writtenWith(id: string): Condition {
  return whereValue("begins_with(#value, :value)", { S: headOf(id) });
}

/** That an item has not expired, and has this value. */
export function holding(text: string): Condition {
  return whereValue("#value = :value", { S: text });
}

function whereValue(expression: string, value: DynamoDBAttribute): Condition {
  const { expression: hasExpired, names, values } = expired();
  return {
    expression: `${expression} AND NOT ${hasExpired}`,
    names: { ...names, "#value": "value" },
    values: { ...values, ":value": value },
  };
}

/** That an item, which is no entry, still has the same value. */
export function stillHolding(value: unknown): Condition {
  const names = { "#value": "value" };
  if (value === undefined) return { expression: "attribute_not_exists(#value)", names, values: {} };
  return { expression: "#value = :value", names, values: { ":value": value as DynamoDBAttribute } };
}

/** A condition as a part of a request. Where DynamoDB can, it sends the item along that was refused. */
export function conditional({ expression, names, values }: Condition) {
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
}
