/** The board in figures and as a table of text. */
import { cell } from "@/lib/csv";
import type { Board, Folder, FolderId, Rating } from "@/ipc";

/** A folder with those that it is in: `Work / Reviews`. */
export function folderPath(folders: readonly Folder[], id: FolderId): string {
  const names: string[] = [];
  const seen = new Set<FolderId>();
  for (let at = folders.find((f) => f.id === id); at && !seen.has(at.id);) {
    seen.add(at.id);
    names.unshift(at.name);
    const { parent } = at;
    at = folders.find((f) => f.id === parent);
  }
  return names.join(" / ");
}

const HEAD = "place,model,rating,low,high,votes,wins,losses,ties,both bad,enough votes";

/** One row a model, in the order of the board. */
export function asCsv({ ratings }: Board): string {
  const rows = ratings.map((r) =>
    [r.place, r.model, figure(r.rating), figure(r.low), figure(r.high)]
      .concat([r.votes, r.wins, r.losses, r.ties, r.bothBad, r.enough ? "yes" : "no"])
      .map(cell)
      .join(","),
  );
  return [HEAD, ...rows].join("\n") + "\n";
}

export const figure = (rating: number): string => String(Math.round(rating));

/** Left and right end of each interval in per cent of the widest span. */
export function spans(ratings: readonly Rating[]): { from: number; to: number; at: number }[] {
  const low = Math.min(...ratings.map((r) => r.low));
  const high = Math.max(...ratings.map((r) => r.high));
  const share = (value: number) => (high > low ? ((value - low) / (high - low)) * 100 : 50);
  return ratings.map((r) => ({ from: share(r.low), to: share(r.high), at: share(r.rating) }));
}
