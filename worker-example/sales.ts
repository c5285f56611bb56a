/** The sales of seven days up to today. Amounts are in cents. */
export interface Sales {
  readonly days: readonly { readonly date: string; readonly orders: number; readonly revenue: number }[];
  readonly products: readonly { readonly name: string; readonly sold: number; readonly revenue: number }[];
}

const DAY = 86_400_000;

const PRODUCTS = [
  { name: "Harbour Espresso, 1\u00a0kg", price: 2650, share: 0.41 },
  { name: "Morning Filter, 500\u00a0g", price: 1490, share: 0.33 },
  { name: "Cold Brew, 6\u00a0bottles", price: 1980, share: 0.17 },
  { name: "Decaf, 250\u00a0g", price: 890, share: 0.09 },
];

/** Adds up the orders of the week. It stands for a database report that takes more than a second. */
export async function loadSales(): Promise<Sales> {
  await new Promise((done) => setTimeout(done, 1200));
  const now = Date.now();
  const days = Array.from({ length: 7 }, (_, i) => {
    const day = Math.floor(now / DAY) - 6 + i;
    const passed = Math.min(1, now / DAY - day);
    const orders = Math.round((84 + ((day * 37) % 53)) * passed);
    return { date: new Date(day * DAY).toISOString().slice(0, 10), orders, revenue: orders * 2380 };
  });
  const orders = days.reduce((sum, day) => sum + day.orders, 0);
  const products = PRODUCTS.map(({ name, price, share }) => {
    const sold = Math.round(orders * share);
    return { name, sold, revenue: sold * price };
  });
  return { days, products };
}
