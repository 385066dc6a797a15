/** Conversations from files, and to files. */
import { useQuery } from "@tanstack/react-query";
import { copy } from "@/components/copy";
import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import { ipc, reason, type ExportRequest, type ImportStatus } from "@/ipc";
import { counted, size } from "@/lib/sizes";

/** Bytes of a piece: 1 MiB as base64, which is as much as the engine takes at once. */
const PIECE = 786_432;
/** In case that news are missed: how often a running import is looked at, ms. */
const LOOK_MS = 1_000;

export const isRunning = ({ state }: ImportStatus): boolean =>
  state.state === "receiving" || state.state === "reading";

export function useImports() {
  return useQuery({
    queryKey: ["imports"],
    queryFn: () => ipc().listImports(),
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? LOOK_MS : false),
  });
}

export const isExport = (name: string): boolean => /\.(json|jsonl|zip)$/i.test(name);

/** Hands files over, each on its own; what cannot be an export is named and left out. */
export function importFiles(files: Iterable<File>): void {
  for (const file of files)
    if (isExport(file.name)) void importFile(file);
    else notify({ text: `${file.name} is neither a .json nor a .zip file`, tone: "warn" });
}

async function importFile(file: File): Promise<void> {
  const id = await tried(() => ipc().beginImport(file.name, Math.ceil(file.size / 1024)));
  if (id === undefined) return;
  try {
    for (let at = 0; at < file.size; at += PIECE) {
      await ipc().addToImport(id, await base64(file.slice(at, at + PIECE)));
    }
    await ipc().startImport(id);
    await tellEnd(id);
  } catch (error) {
    // Somebody may have stopped it meanwhile.
    const now = await tried(() => ipc().listImports());
    if (now?.find((one) => one.id === id)?.state.state === "cancelled") return;
    await tried(() => ipc().cancelImport(id));
    notify({ text: `${file.name} cannot be imported: ${reason(error)}`, tone: "danger" });
  }
}

/** Whoever went on to something else hears how it ended. */
async function tellEnd(id: number): Promise<void> {
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    const now = (await ipc().listImports()).find((one) => one.id === id);
    if (!now || now.state.state === "cancelled") return;
    if (isRunning(now)) continue;
    const { name, state, report } = now;
    if (state.state === "failed") notify({ text: state.message, tone: "danger" });
    else notify({ text: `Imported ${counted(report.conversations, "conversation")} from ${name}` });
    return;
  }
}

function base64(piece: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => failed(new Error("the file cannot be read"));
    reader.readAsDataURL(piece);
  });
}

export async function cancelImport(id: number): Promise<void> {
  await tried(() => ipc().cancelImport(id));
}

/** Asks for files; `onChosen` when there are some. */
export function pickFiles(onChosen?: () => void): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ".json,.jsonl,.zip,application/json,application/zip";
  input.hidden = true;
  input.dataset["import"] = "";
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.remove();
    if (files.length === 0) return;
    importFiles(files);
    onChosen?.();
  });
  input.addEventListener("cancel", () => input.remove());
  // Outside of the document some web views open nothing.
  document.body.append(input);
  input.click();
}

/** Whether it was written; `false` where nothing was chosen, or it failed. */
export async function save(request: ExportRequest): Promise<boolean> {
  const done = await tried(() => ipc().saveExport(request));
  if (!done) return false;
  const what = `${counted(done.conversations, "conversation")}, ${counted(done.messages, "message")}`;
  notify({ text: `Saved ${what}, ${size(done.kib)}, in ${done.path}` });
  return true;
}

export async function copyText(request: ExportRequest): Promise<boolean> {
  const text = await tried(() => ipc().exportText(request));
  if (text === undefined) return false;
  await copy(text, `Copied, ${size(text.length / 1024)}`);
  return true;
}
