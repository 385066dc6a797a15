import { tried } from "@/components/tried";
import { landOn } from "@/features/workbench";
import { ipc, type TrafficCall } from "@/ipc";
import { openConversation } from "./tabs";

/** To where a call stands in its conversation. */
export async function toConversation({ conversation, message }: TrafficCall): Promise<void> {
  if (conversation === null) return;
  if (message !== null) {
    const place = await tried(async () => {
      const { depth, branch } = await ipc().locateMessage(message);
      const { columns } = await ipc().openConversation(conversation);
      const shown = columns.some((column) => column.branch.id === branch);
      return {
        conversation,
        message,
        depth,
        branch: branch !== null && shown ? branch : (await ipc().showMessage(message, null, null)).branch,
        words: "",
      };
    });
    if (place) landOn(place);
  }
  openConversation(conversation);
}
