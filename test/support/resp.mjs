/* The little of Redis's protocol that the gateway needs: commands in, replies out, in order on one connection. */
import { connect } from "node:net";

/**
 * Connects to a Redis socket. `send` answers with what Redis says: a Buffer for a string, a string for a status, a number,
 * null, an array of these, or an Error, which is returned and not thrown.
 */
export async function connectRedis(path) {
  const socket = connect(path);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const waiting = [];
  const parser = replyParser((value) => waiting.shift()(value));
  socket.on("data", parser);
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const resolve of waiting.splice(0)) resolve(new Error("ERR the connection to redis-server has ended"));
  });
  socket.unref();
  return {
    send(command) {
      const parts = command.map((argument) => Buffer.from(argument));
      const head = `*${parts.length}\r\n`;
      socket.write(
        Buffer.concat([
          Buffer.from(head),
          ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, CRLF]),
        ]),
      );
      return new Promise((resolve) => waiting.push(resolve));
    },
    end: () => socket.destroy(),
  };
}

const CRLF = Buffer.from("\r\n");

/** Takes chunks of bytes, and calls `emit` with each whole reply. */
export function replyParser(emit) {
  let bytes = Buffer.alloc(0);
  let chunks = [];
  let missing = 0;
  return (chunk) => {
    chunks.push(chunk);
    missing -= chunk.length;
    // A long string is not looked at again with each chunk.
    if (missing > 0) return;
    bytes = Buffer.concat([bytes, ...chunks]);
    chunks = [];
    for (;;) {
      const state = { at: 0, missing: 0 };
      const value = parse(bytes, state);
      missing = state.missing;
      if (value === undefined) return;
      bytes = bytes.subarray(state.at);
      emit(value);
    }
  };
}

/** One reply from `state.at` on; `undefined` when it is not all there. */
function parse(bytes, state) {
  const end = bytes.indexOf(CRLF, state.at);
  if (end < 0) return undefined;
  const type = String.fromCharCode(bytes[state.at]);
  const line = bytes.toString("utf8", state.at + 1, end);
  state.at = end + 2;
  if (type === "+") return line;
  if (type === "-") return new Error(line);
  if (type === ":") return Number(line);
  const length = Number(line);
  if (length < 0) return null;
  if (type === "$") {
    const start = state.at;
    state.at += length + 2;
    state.missing = state.at - bytes.length;
    return state.missing > 0 ? undefined : Buffer.from(bytes.subarray(start, start + length));
  }
  const items = [];
  while (items.length < length) {
    const item = parse(bytes, state);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}
