/** From a message that was found to where it stands: on its branch, in its turn, at its words. */
import { tried } from "@/components/tried";
import type { Found } from "@/features/conversations";
import { landOn } from "@/features/workbench";
import { ipc } from "@/ipc";
import { openConversation } from "./tabs";

export async function jump({ hit, text, all }: Found, apart: boolean): Promise<void> {
  const place = await tried(async () => {
    const { conversation, message, depth, branch } = await ipc().locateMessage(hit.message);
    const { columns } = await ipc().openConversation(conversation);
    const isShown = columns.some((column) => column.branch.id === branch);
    return {
      conversation,
      message,
      depth,
      branch: branch !== null && isShown ? branch : (await ipc().showMessage(message, null, null)).branch,
    };
  });
  if (!place) return;
  landOn({ ...place, words: wordsIn(hit, text) });
  openConversation(place.conversation, apart);
  const here = all.filter(({ conversation }) => conversation === place.conversation);
  const messages = here.map(({ message }) => message);
  const { showHits } = await import("@/features/tree");
  showHits(place.conversation, messages, Math.max(0, messages.indexOf(place.message)));
}

/** All of them where they stand together, else the first one that was found. */
export function wordsIn({ snippet, highlights }: Found["hit"], text: string): string {
  const words = text.replaceAll('"', " ").trim().replace(/\s+/g, " ");
  if (snippet.toLowerCase().includes(words.toLowerCase())) return words;
  const [first] = highlights;
  return first ? snippet.slice(first.at, first.at + first.len) : words;
}
