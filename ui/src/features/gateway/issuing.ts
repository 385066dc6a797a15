import { create } from "zustand";

/** Whether a key is being issued. */
export const useIssuing = create<{ open: boolean }>(() => ({ open: false }));

/** Opens the form for a new key, once its page is there. */
export function issueKey(): void {
  useIssuing.setState({ open: true });
}
