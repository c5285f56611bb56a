/** What many callers of one key cost in memory. */
import { memoryStore } from "../../src/index.ts";
import {
  countingDrivers,
  operationsAreOneCall,
  throughEncrypt,
  updatesSucceed,
  type WithBackend,
} from "../support/contention.ts";

const memory: WithBackend = (work) => {
  const shared = memoryStore();
  return work(countingDrivers(() => shared));
};

operationsAreOneCall("memory", memory);
updatesSucceed("memory", memory);
updatesSucceed("memory through encrypt", throughEncrypt(memory));
