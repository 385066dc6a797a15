/** From a figure to the calls that it is made of. */
import type { ErrorKind, InsightBasis, VirtualKeyId } from "@/ipc";
import type { Slot } from "@/components/charts/scale";
import type { View } from "./view";

/** What was pointed at. */
export type Calls = {
  slot?: Slot | undefined;
  line?: { id: string } | undefined;
  error?: ErrorKind | undefined;
};

/** Which calls to list. */
export type CallsWanted = {
  range: { from: string; until: string };
  key?: VirtualKeyId;
  client?: string;
  served?: string;
  requested?: string;
  error?: ErrorKind;
};

/** The filter that lists them: of the time of a bar, else of the whole report. */
export function wanted(
  { slot, line, error }: Calls,
  { by, only }: Pick<View, "by" | "only">,
  span: { from: string; until: string },
): CallsWanted {
  const id = line?.id ?? only?.id ?? "";
  return {
    range: slot ? { from: slot.from, until: slot.until } : span,
    ...(error && { error }),
    ...(id && of(by, id)),
  };
}

function of(by: InsightBasis, id: string): Partial<CallsWanted> {
  switch (by) {
    case "model":
      return { served: id };
    case "provider":
      return { served: `${id}/` };
    case "key":
      return { key: id };
    case "client":
      return { client: id };
    case "policy":
      return { requested: id };
    case "folder":
    case "class":
      return {};
  }
}
