import type { Media } from "@/ipc";

/** Pictures that a browser draws without reading anything in them as a document. */
const pictures = /^image\/(?:png|jpeg|gif|webp|avif|bmp|x-icon)$/;

export function isPicture(mediaType: string): boolean {
  return pictures.test(mediaType.toLowerCase());
}

/** Bytes as the engine hands them over; the caller revokes what it makes an address of. */
export function blobOf({ data, mediaType }: Pick<Media, "data" | "mediaType">): Blob {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Blob([bytes], { type: mediaType });
}
