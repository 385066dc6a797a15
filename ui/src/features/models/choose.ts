import { notify } from "@/components/toasts";
import { MOST_COMPARED, toggleChosen } from "./view";

/** Puts a model beside the others, unless there are too many; takes it away when it is there. */
export function choose(model: string): void {
  if (!toggleChosen(model))
    notify({ text: `${MOST_COMPARED} models are compared at most. Take one away first.`, tone: "warn" });
}
