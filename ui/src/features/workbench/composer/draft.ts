/**
 * An unsent prompt, and how it is kept: as message parts, so that the store knows which files it still needs, and
 * last a note of ours that says which part belongs to what. Without that note it is still a prompt.
 */
import type { Attachment, Part } from "@/ipc";
import type { Place } from "../lineup";
import { filledIn } from "./variables";

/** A file that goes with a prompt. */
export type Attached = {
  id: string;
  name: string;
  /** Bytes of the file as it was. */
  size: number;
  /** The file as it is. */
  original: Part;
  /** The text in it, where it has any. */
  text: Part | null;
  /** Send the text instead of the file. */
  asText: boolean;
  pages: number | null;
  tokens: number;
  warning: string | null;
};

export type Prompt = {
  text: string;
  attached: readonly Attached[];
  values: Readonly<Record<string, string>>;
  /** Whether routes are to try nothing with it, and ask whom they know to be best. */
  important?: boolean;
};

/** A prompt that waits until the columns it goes to have been answered. */
export type Queued = Prompt & {
  id: string;
  places: readonly Place[];
  /** Why it waits although nothing is being written. */
  problem: string | null;
};

export type Draft = Prompt & { queue: readonly Queued[] };

export const noDraft: Draft = { text: "", attached: [], values: {}, queue: [] };

let ids = 0;
export const newId = () => `${Date.now().toString(36)}-${(ids += 1)}`;

export function attachedFrom(name: string, size: number, attachment: Attachment): Attached {
  const { part, text, pages, tokens, warning } = attachment;
  return { id: newId(), name, size, original: part, text, asText: text !== null, pages, tokens, warning };
}

/** What is sent of a prompt: its text with its variables filled in, then its files. */
export function sentParts({ text, values, attached }: Prompt): Part[] {
  const said = filledIn(text, values);
  const files = attached.map((file) => (file.asText && file.text ? file.text : file.original));
  return said.trim() ? [{ type: "text", text: said }, ...files] : files;
}

export const isEmpty = ({ text, attached }: Prompt) => !text.trim() && attached.length === 0;

type FileNote = Omit<Attached, "original" | "text"> & { original: number; text: number | null };
type PromptNote = Omit<Prompt, "attached"> & { attached: FileNote[] };
type Notes = { composer: 1; own: PromptNote; queue: (PromptNote & Omit<Queued, keyof Prompt>)[] };

/** As the store keeps it; nothing for an empty one. */
export function keptParts(draft: Draft): Part[] {
  if (!draft.text && draft.attached.length === 0 && draft.queue.length === 0) return [];
  const parts: Part[] = draft.text ? [{ type: "text", text: draft.text }] : [];
  const note = (prompt: Prompt): PromptNote => ({
    text: prompt.text,
    values: prompt.values,
    ...(prompt.important && { important: true }),
    attached: prompt.attached.map((file) => ({
      ...file,
      original: parts.push(file.original) - 1,
      text: file.text ? parts.push(file.text) - 1 : null,
    })),
  });
  const own = note(draft);
  const queue = draft.queue.map(({ id, places, problem, ...prompt }) => ({
    ...note(prompt),
    id,
    places,
    problem,
  }));
  const values = Object.keys(draft.values).length > 0;
  // A plain text needs no note.
  if (draft.attached.length === 0 && queue.length === 0 && !values && !draft.important) return parts;
  const notes: Notes = { composer: 1, own, queue };
  return [...parts, { type: "raw", dialect: "simulated", json: JSON.stringify(notes) }];
}

/** A draft from what the store kept, whoever wrote it. */
export function draftFrom(parts: readonly Part[]): Draft {
  const notes = notesIn(parts.at(-1));
  if (!notes) return { ...noDraft, text: textIn(parts), attached: parts.flatMap(fileAlone) };
  const prompt = ({ text, values, attached, important }: PromptNote): Prompt => ({
    text,
    values,
    ...(important && { important }),
    attached: attached.flatMap((file) => {
      const original = parts[file.original];
      const inText = file.text === null ? null : (parts[file.text] ?? null);
      return original ? [{ ...file, original, text: inText, asText: file.asText && inText !== null }] : [];
    }),
  });
  return {
    ...prompt(notes.own),
    queue: notes.queue.map(({ id, places, problem, ...rest }) => ({ ...prompt(rest), id, places, problem })),
  };
}

/** Words typed while the draft was being loaded come after it. */
export function joined(loaded: Draft, typed: Draft): Draft {
  const both = typed.important ? { ...loaded, important: true } : loaded;
  if (isEmpty(typed) && typed.queue.length === 0) return both;
  return {
    ...both,
    text: [loaded.text, typed.text].filter(Boolean).join("\n"),
    attached: [...loaded.attached, ...typed.attached],
    values: { ...loaded.values, ...typed.values },
    queue: [...loaded.queue, ...typed.queue],
  };
}

function notesIn(part: Part | undefined): Notes | null {
  if (part?.type !== "raw") return null;
  try {
    const notes = JSON.parse(part.json) as Partial<Notes> | null;
    return notes?.composer === 1 && notes.own && Array.isArray(notes.queue) ? (notes as Notes) : null;
  } catch {
    return null;
  }
}

const textIn = (parts: readonly Part[]) =>
  parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");

function fileAlone(part: Part): Attached[] {
  if (part.type !== "image" && part.type !== "file") return [];
  const name = (part.type === "file" && part.name) || (part.type === "image" ? "image" : "file");
  const size = part.source.kind === "blob" ? part.source.size : 0;
  return [
    {
      id: newId(),
      name,
      size,
      original: part,
      text: null,
      asText: false,
      pages: null,
      tokens: 0,
      warning: null,
    },
  ];
}
