import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import type { Store } from "edge-key-value";
import { z } from "zod";

const collection = "notes";
const MOST = 100;

const note = z.object({ text: z.string().trim().min(1).max(500).describe("The note, up to 500 characters") });
const content = (text: string) => ({ content: [{ type: "text" as const, text }] });

/** The tools of one user, for one request. */
export function notesOf(user: string, store: Store<"swap">) {
  return createMcpHandler(() => {
    const server = new McpServer({ name: "notes", version: "1.0.0" });

    server.registerTool("add_note", { description: "Keeps a note for later", inputSchema: note }, async ({ text }) => {
      // One atomic step: notes that arrive at the same moment are all kept.
      const notes = await store.update<string[]>(user, (notes) => [...(notes ?? []), text].slice(-MOST), {
        collection,
      });
      return content(`You have ${notes?.length} notes.`);
    });

    server.registerTool("list_notes", { description: "Lists all notes" }, async () => {
      const notes = (await store.get<string[]>(user, { collection })) ?? [];
      return content(notes.map((text) => `- ${text}`).join("\n") || "There are no notes.");
    });

    return server;
  });
}
