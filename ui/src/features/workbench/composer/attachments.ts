/** Files on their way into a prompt. What is refused is said, and why, before anything is sent. */
import { create } from "zustand";
import { ipc, reason, type ConversationId } from "@/ipc";
import { attachedFrom, newId } from "./draft";
import { changeDraft } from "./drafts";

/** A file that is being read and stored. */
export type Coming = {
  id: string;
  conversation: ConversationId | null;
  name: string;
  size: number;
  read: number;
};
export type Refused = { id: string; conversation: ConversationId | null; name: string; why: string };

export const useFiles = create<{ coming: readonly Coming[]; refused: readonly Refused[] }>(() => ({
  coming: [],
  refused: [],
}));

/** More than any provider takes; reading it would only cost memory. */
const MOST_BYTES = 32 * 1024 * 1024;
const PICTURES = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);

/** Types that systems give wrongly or not at all, by the end of the name. */
const byName: Record<string, string> = {
  md: "text/markdown",
  csv: "text/csv",
  json: "application/json",
  html: "text/html",
  htm: "text/html",
  xml: "text/xml",
  pdf: "application/pdf",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  // Systems take TypeScript for a video.
  ts: "text/plain",
};

/** What a file is, as far as its name and system say; `null`: the bytes must tell. */
export function typeOf({ name, type }: { name: string; type: string }): string | null {
  const known = byName[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
  if (known) return known;
  const plain = type.split(";")[0] ?? "";
  return plain && plain !== "application/octet-stream" ? plain : null;
}

/** Why a file is not even read; `null` when it may be. */
export function refusal({ name, type, size }: { name: string; type: string; size: number }): string | null {
  if (size === 0) return "it is empty";
  if (size > MOST_BYTES) return `it has ${fileSize(size)}; at most ${fileSize(MOST_BYTES)} can be sent`;
  const kind = typeOf({ name, type });
  if (kind?.startsWith("image/") && !PICTURES.has(kind))
    return "this kind of picture is not read by models; save it as PNG or JPEG";
  if (kind?.startsWith("video/")) return "videos cannot be sent";
  if (kind && /zip|compressed|x-tar|x-7z|rar|msword|officedocument|opendocument/.test(kind))
    return "models read text, PDF and pictures; save it as one of these";
  return null;
}

/** Whether bytes are no text in any encoding: a zero byte, and no mark of UTF-16. What else there is the engine tells. */
export function isBinary(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  const utf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return !utf16 && bytes.includes(0);
}

/** `812 B`, `14 KB`, `3.2 MB` */
export function fileSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes}\u00a0B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1_000)}\u00a0KB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 9_950_000 ? 1 : 0)}\u00a0MB`;
}

/** Takes files into the prompt of a conversation. */
export function attach(conversation: ConversationId | null, files: Iterable<File>): void {
  // One after the other: they stay in the order in which they were chosen, and memory holds one of them.
  const all = [...files].map((file) => ({ file, id: newId() }));
  for (const { file, id } of all) announce(conversation, file, id);
  void all.reduce(
    (before, { file, id }) => before.then(() => take(conversation, file, id)),
    Promise.resolve(),
  );
}

function announce(conversation: ConversationId | null, file: File, id: string): void {
  const name = file.name || "file";
  const why = refusal(file);
  if (why) refuse({ id, conversation, name, why });
  else
    useFiles.setState(({ coming }) => ({
      coming: [...coming, { id, conversation, name, size: file.size, read: 0 }],
    }));
}

function refuse(file: Refused): void {
  useFiles.setState(({ refused }) => ({ refused: [...refused.slice(-4), file] }));
}

async function take(conversation: ConversationId | null, file: File, id: string): Promise<void> {
  const name = file.name || "file";
  const change = (coming: (all: readonly Coming[]) => readonly Coming[]) =>
    useFiles.setState((s) => ({ coming: coming(s.coming) }));
  const waits = () => useFiles.getState().coming.some((other) => other.id === id);
  if (!waits()) return;
  try {
    let type = typeOf(file);
    const text = type === null || type.startsWith("application/") || type.startsWith("text/");
    if (text && type !== "application/pdf") {
      if (isBinary(new Uint8Array(await file.slice(0, 64 * 1024).arrayBuffer())))
        throw new Error("it is neither text, PDF nor a picture");
      type = type?.startsWith("text/") || type === "application/json" ? type : "text/plain";
    }
    const data = await base64(file, (read) =>
      change((all) => all.map((other) => (other.id === id ? { ...other, read } : other))),
    );
    if (!waits()) return;
    const attachment = await ipc().attach(name, type ?? "text/plain", data);
    // Taken back meanwhile: then it is not wanted any more.
    if (waits())
      changeDraft(conversation, ({ attached }) => ({
        attached: [...attached, attachedFrom(name, file.size, attachment)],
      }));
  } catch (error) {
    if (waits()) refuse({ id, conversation, name, why: told(reason(error), name) });
  } finally {
    change((all) => all.filter((other) => other.id !== id));
  }
}

/** The engine names the file; so does the note. */
const told = (why: string, name: string) =>
  why.startsWith(`${name} `) ? `it ${why.slice(name.length + 1)}` : why;

export function takeBack(id: string): void {
  useFiles.setState(({ coming, refused }) => ({
    coming: coming.filter((other) => other.id !== id),
    refused: refused.filter((other) => other.id !== id),
  }));
}

function base64(file: File, onRead: (share: number) => void): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onprogress = ({ loaded, total }) => onRead(total > 0 ? loaded / total : 0);
    // A folder that was dropped looks like a file until it is read.
    reader.onerror = () => fail(new Error("it cannot be read; a folder cannot be attached"));
    reader.onload = () => {
      onRead(1);
      const url = String(reader.result);
      done(url.slice(url.indexOf(",") + 1));
    };
    reader.readAsDataURL(file);
  });
}

/** Asks for files to attach to the next prompt. */
export function attachFiles(): void {
  // After what is being rendered now: the composer may be on its way.
  setTimeout(() => document.querySelector<HTMLInputElement>("input[data-attach]")?.click());
}
