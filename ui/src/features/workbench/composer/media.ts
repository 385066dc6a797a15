/** Stored pictures as addresses that an `img` can show. They never leave this machine. */
import { useQuery } from "@tanstack/react-query";
import { ipc, type Hash } from "@/ipc";

/** `null` until the bytes are here, or when they are no picture. */
export function useMediaUrl(hash: Hash | null): string | null {
  const { data } = useQuery({
    queryKey: ["media", hash],
    queryFn: async () => {
      const { mediaType, data: bytes } = await ipc().media(hash ?? "");
      // SVG could hold more than a picture; nobody needs a thumbnail of one.
      return mediaType.startsWith("image/") && !mediaType.includes("svg")
        ? `data:${mediaType};base64,${bytes}`
        : null;
    },
    enabled: hash !== null,
  });
  return data ?? null;
}
