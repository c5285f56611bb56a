import { describe, expect, it } from "#test";
import { conformance } from "../../../src/conformance/index.ts";
import { movedClock } from "../../support/clock.ts";
import { type DynamoTable, openTable } from "../../support/dynamo.ts";

const wait = movedClock();
let table: DynamoTable | undefined;

conformance(
  { describe, it, expect },
  "dynamoDBStore",
  async () => {
    table ??= await openTable();
    return table.store();
  },
  {
    capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
    ordered: true,
    wait,
    except: { "an ordered store lists collections in code point order": "the order is that of hashes" },
  },
);
