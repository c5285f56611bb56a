import { unstable_cache } from "next/cache";

/** Made anew at most once an hour, or when the tag "news" is revalidated. */
export const revalidate = 3600;

const newsOf = unstable_cache(
  // Load your news here.
  async () => ({ edition: crypto.randomUUID(), printed: new Date().toISOString() }),
  ["news"],
  { tags: ["news"] },
);

export default async function Page() {
  const { edition, printed } = await newsOf();
  return (
    <main>
      <h1>News</h1>
      <p>
        Edition <code>{edition}</code>, printed at <time>{printed}</time>
      </p>
    </main>
  );
}
