import { useEffect, useState } from "react";
import { ipc, type MediaSource } from "@/ipc";
import { blobOf, isPicture } from "@/lib/blob";

/** An address for each picture, shared by those who show it, and revoked when nobody does any more. */
type Kept = { users: number; address: Promise<string | null> };
const kept = new Map<string, Kept>();

function take(key: string, read: () => Promise<string | null>): Promise<string | null> {
  const entry = kept.get(key) ?? { users: 0, address: read() };
  entry.users += 1;
  kept.set(key, entry);
  return entry.address;
}

function leave(key: string): void {
  const entry = kept.get(key);
  if (!entry) return;
  entry.users -= 1;
  if (entry.users > 0) return;
  kept.delete(key);
  void entry.address.then((address) => address && URL.revokeObjectURL(address)).catch(() => undefined);
}

/** What an `img` can show of a stored picture: `null` before it is there, `false` when it cannot be shown. */
export function usePicture(mediaType: string, source: MediaSource | undefined): string | null | false {
  const [shown, setShown] = useState<{ key: string; address: string | false } | null>(null);
  const can = isPicture(mediaType) && source !== undefined && source.kind !== "url";
  const key = !can ? "" : source.kind === "blob" ? source.hash : `${mediaType} ${source.data}`;
  useEffect(() => {
    if (!key || !source || source.kind === "url") return;
    let gone = false;
    const read = async () => {
      const media =
        source.kind === "blob" ? await ipc().media(source.hash) : { mediaType, data: source.data };
      return isPicture(media.mediaType) ? URL.createObjectURL(blobOf(media)) : null;
    };
    take(key, read).then(
      (address) => gone || setShown({ key, address: address ?? false }),
      () => gone || setShown({ key, address: false }),
    );
    return () => {
      gone = true;
      leave(key);
    };
    // The key says all that matters of the source.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  if (!can) return false;
  return shown?.key === key ? shown.address : null;
}
