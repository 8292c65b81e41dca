/** What a shop keeps of a customer, as JSON of about 2 KB: field names repeat, numbers and names do not. */
export function cart(): string {
  const items = Array.from({ length: 14 }, () => ({
    sku: Math.random().toString(36).slice(2, 12),
    title: `Article ${Math.floor(Math.random() * 1e6)} in colour ${Math.floor(Math.random() * 64)}`,
    price: Math.floor(Math.random() * 1e5) / 100,
    quantity: 1 + Math.floor(Math.random() * 9),
    available: Math.random() > 0.5,
  }));
  return JSON.stringify({ customer: Math.random().toString(36).slice(2), currency: "EUR", items });
}
