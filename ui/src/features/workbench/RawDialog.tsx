import { Dialog } from "@/components/Dialog";
import type { CompletionId } from "@/ipc";
import { RawView } from "./inspector/RawView";

type Props = { completion: CompletionId; onClose: () => void };

/** What went over the wire, with room to read it. */
export default function RawDialog({ completion, onClose }: Props) {
  return (
    <Dialog title="Raw request and response" size="wide" open onClose={onClose}>
      <RawView completion={completion} />
    </Dialog>
  );
}
