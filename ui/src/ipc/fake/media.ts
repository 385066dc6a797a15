/** Attachments and pictures, in the engine that is made up. */
import type { Part } from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";

type MediaDoor = Pick<Ipc, "attach" | "fetchImage" | "media" | "openLink">;

const MOST_BYTES = 32 * 1024 * 1024;
/** One grey pixel. */
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mOor6//DwAFhAKAEhHgdwAAAABJRU5ErkJggg==";

export function media({ later }: Door): MediaDoor {
  const kept = new Map<string, { mediaType: string; size: number; data: string }>();
  const keep = (mediaType: string, data: string) => {
    const size = Math.floor((data.length * 3) / 4);
    const hash = `${kept.size + 1}`.padStart(64, "0");
    kept.set(hash, { mediaType, size, data });
    return { kind: "blob" as const, hash, size };
  };
  return {
    attach: (name, mediaType, data) =>
      later(() => {
        if (data.length * 0.75 > MOST_BYTES)
          throw new Error(`${name} is larger than 32 MB; at most that can be sent`);
        const source = keep(mediaType, data);
        const image = mediaType.startsWith("image/");
        const part: Part = image
          ? { type: "image", mediaType, source }
          : { type: "file", mediaType, name, source };
        const pdf = mediaType === "application/pdf";
        const text: Part | null = pdf
          ? {
              type: "file",
              mediaType: "text/plain",
              name: `${name}.txt`,
              source: keep("text/plain", btoa("Text of the file")),
            }
          : null;
        return {
          part,
          text,
          pages: pdf ? 12 : null,
          tokens: image ? 1_100 : Math.ceil(source.size / 4),
          warning: null,
        };
      }),
    media: (hash) => later(() => kept.get(hash) ?? { mediaType: "image/png", size: 70, data: pixel }),
    fetchImage: () => later(() => ({ mediaType: "image/png", size: 70, data: pixel })),
    openLink: () => later(() => null),
  };
}
