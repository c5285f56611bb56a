import { describe, expect, it } from "#test";
import { conformance } from "../../../src/conformance/index.ts";
import { type DynamoTable, openTable } from "../../support/dynamo.ts";

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
    except: { "an ordered store lists collections in code point order": "the order is that of hashes" },
  },
);
