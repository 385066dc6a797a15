import { notify } from "./toasts";

/** Puts text on the clipboard and says so. */
export async function copy(text: string, said = "Copied"): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify({ text: said });
  } catch {
    notify({ text: "The clipboard is not available here", tone: "warn" });
  }
}
