import { KeyValueError } from "../../core/errors.ts";

/** The name of the object store, and of its index. */
const ENTRIES = "entries";
export const BY_DEADLINE = "expiresAt";

/** A database that is opened when it is first used. */
export interface BrowserDatabase {
  /**
   * Runs work in a transaction and returns its result once the transaction is complete. The work waits for nothing but requests
   * of the transaction, or it would end.
   */
  run<R>(mode: IDBTransactionMode, work: (entries: IDBObjectStore) => R | Promise<R>): Promise<R>;
  close(): void;
}

export function browserDatabase(name: string): BrowserDatabase {
  let opening: Promise<IDBDatabase> | undefined;
  let closed = false;

  async function opened(): Promise<IDBDatabase> {
    if (closed) throw new KeyValueError("unavailable", "the store is closed");
    opening ??= open(name, () => {
      opening = undefined;
    });
    return await opening;
  }

  /** Begins a transaction. The browser may have closed the database meanwhile, so it is opened again once. */
  async function begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    try {
      return (await opened()).transaction(ENTRIES, mode);
    } catch (error) {
      if ((error as Error).name !== "InvalidStateError") throw error;
      opening = undefined;
      return (await opened()).transaction(ENTRIES, mode);
    }
  }

  return {
    async run(mode, work) {
      const transaction = await begin(mode);
      const complete = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
      });
      // Where the work fails, its own error is thrown.
      complete.catch(() => {});
      let result: Awaited<ReturnType<typeof work>>;
      try {
        result = await work(transaction.objectStore(ENTRIES));
      } catch (error) {
        try {
          transaction.abort();
        } catch {
          // It has ended already.
        }
        throw error;
      }
      await complete;
      return result;
    },
    close() {
      closed = true;
      void opening?.then(
        (database) => database.close(),
        () => {},
      );
      opening = undefined;
    },
  };
}

/** Returns the result of a request. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function open(name: string, forget: () => void): Promise<IDBDatabase> {
  try {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ENTRIES).createIndex(BY_DEADLINE, BY_DEADLINE);
    };
    const database = await resultOf(request);
    database.onclose = forget;
    // Another tab deletes the database or changes its version.
    database.onversionchange = () => {
      forget();
      database.close();
    };
    return database;
  } catch (error) {
    forget();
    throw error;
  }
}
