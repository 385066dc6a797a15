import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field, TextArea } from "@/components/Field";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { ipc, reason, type ConversationId, type JudgementId, type MessageId, type Target } from "@/ipc";
import { answerNow, answerText } from "../answer/answer";
import type { Side } from "../branching/dialogs";
import { labelOf } from "../branching/versions";
import branching from "../branching/branching.module.css";
import { Chosen } from "../branching/MergeDialog";
import { usePicker } from "../focus";
import { shown } from "../shown";
import { useJudgements } from "./judgement";
import { JudgementView } from "./JudgementView";
import { rememberJudge, useJudging } from "./store";
import styles from "./judging.module.css";

type Props = {
  conversation: ConversationId;
  sides: readonly Side[];
  left: MessageId;
  right: MessageId;
  onClose: () => void;
};

/** A model says which of two answers is better and why: asked twice, in either order. */
export function JudgeDialog({ conversation, sides, left: first, right: second, onClose }: Props) {
  const queries = useQueryClient();
  const [[a, b], setPair] = useState([first, second]);
  const [judge, setJudge] = useState<Target | null>(useJudging.getState().judge);
  const [rubric, setRubric] = useState<string | null>(null);
  const [asked, setAsked] = useState<JudgementId | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const picking = usePicker(({ open }) => open);
  const standard = useQuery({ queryKey: ["rubric"], queryFn: () => ipc().judgeRubric() });
  const judgements = useJudgements(conversation);
  const judgement = judgements.data?.find(({ id }) => id === asked);
  const sideOf = (id: MessageId) => sides.find(({ message }) => message === id);
  const nameOf = (id: MessageId) => labelOf(sideOf(id) ?? { message: id, name: "" });
  const options = (other: MessageId) =>
    sides.map((side) => ({
      value: side.message,
      label: labelOf(side),
      disabled: side.message === other,
    }));
  const words = rubric ?? standard.data ?? "";
  const asking = judgement?.state === "asking";
  // Where the dialog is low, what was asked for comes into view.
  const result = useRef<HTMLDivElement>(null);
  const stands = judgement?.state;
  useEffect(() => {
    if (stands) result.current?.scrollIntoView({ block: "nearest" });
  }, [stands]);

  const ask = async () => {
    if (judge === null) return;
    setBusy(true);
    setProblem(null);
    try {
      const own = rubric?.trim() && rubric.trim() !== standard.data?.trim() ? rubric.trim() : null;
      const made = await ipc().judgeAnswers({ a, b, judge, ...(own !== null && { rubric: own }) });
      rememberJudge(judge);
      setAsked(made.id);
      await queries.invalidateQueries({ queryKey: ["conversation", conversation, "judgements"] });
    } catch (error) {
      setProblem(reason(error));
    }
    setBusy(false);
  };
  return (
    <Dialog
      title="Which is better, and why"
      size="wide"
      open={!picking}
      onClose={() => !usePicker.getState().open && onClose()}
    >
      <div className={branching.body}>
        <div className={styles.sides}>
          <div>
            <Select
              small
              label="First answer"
              value={a}
              options={options(b)}
              onChange={(id) => {
                setPair([id, b]);
                setAsked(null);
              }}
            />
            <Text id={a} name={nameOf(a)} stored={sideOf(a)?.text} />
          </div>
          <div>
            <Select
              small
              label="Second answer"
              value={b}
              options={options(a)}
              onChange={(id) => {
                setPair([a, id]);
                setAsked(null);
              }}
            />
            <Text id={b} name={nameOf(b)} stored={sideOf(b)?.text} />
          </div>
        </div>
        <Field
          label="Rubric"
          hint="What the judge goes by. It is told neither name, and asked twice with the order swapped."
          {...(standard.error && { error: `The standard rubric cannot be read: ${reason(standard.error)}` })}
        >
          {(tied) => (
            <TextArea
              {...tied}
              className={styles.rubric}
              value={words}
              dir="auto"
              maxLength={20_000}
              onChange={(event) => setRubric(event.target.value)}
            />
          )}
        </Field>
        <Chosen target={judge} onChange={setJudge} title="Judge" />
        {problem && (
          <Note tone="danger" role="alert">
            {problem}
          </Note>
        )}
        <div ref={result}>
          {judgement && (
            <JudgementView judgement={judgement} a={nameOf(judgement.a)} b={nameOf(judgement.b)} />
          )}
        </div>
      </div>
      <div className={branching.actions}>
        <Button keys="Escape" onClick={onClose}>
          Close
        </Button>
        <Button
          kind="primary"
          busy={busy || asking}
          disabled={judge === null || !words.trim()}
          onClick={() => void ask()}
        >
          {judgement && !asking ? "Ask again, twice" : "Ask twice"}
        </Button>
      </div>
    </Dialog>
  );
}

/** The answer as it was written. */
function Text({ id, name, stored = "" }: { id: MessageId; name: string; stored: string | undefined }) {
  const place = shown().turn?.answers.find(({ answer }) => answer?.message.id === id);
  return (
    <p className={styles.text} dir="auto" tabIndex={0} role="group" aria-label={`Text of ${name}`}>
      {place ? answerText(answerNow(place).parts) : stored}
    </p>
  );
}
