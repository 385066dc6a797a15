import { reason } from "@/ipc";
import { notify } from "./toasts";

/** What was asked for; when it failed, why is said and there is nothing. */
export async function tried<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
    return undefined;
  }
}

/** Does something that has no place of its own for an error; `true` when it went well. */
export const attempt = async (act: () => Promise<unknown>): Promise<boolean> =>
  (await tried(async () => {
    await act();
    return true;
  })) ?? false;
