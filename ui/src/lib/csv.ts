/** Tables as text, for spreadsheets. */

type Value = string | number | null;

/** Rows under their head, with commas. What is unknown is an empty cell, not a zero. */
export function asCsv(head: readonly string[], rows: readonly (readonly Value[])[]): string {
  return [head, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** A name never begins a formula, whoever opens the table. */
export function cell(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
