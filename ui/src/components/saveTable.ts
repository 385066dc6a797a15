import { ipc } from "@/ipc";
import { notify } from "./toasts";
import { tried } from "./tried";

/** Asks where to, and writes a table there. */
export async function saveTable(name: string, text: string): Promise<void> {
  const saved = await tried(() => ipc().saveTable(name, text));
  if (saved) notify({ text: `Saved ${name}` });
}
