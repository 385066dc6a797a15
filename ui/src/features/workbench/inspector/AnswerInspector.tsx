import { EyeOff, SearchCheck } from "lucide-react";
import { useState, type ReactNode } from "react";
import { TabPanel, Tabs } from "@/components/Tabs";
import { Button } from "@/components/Button";
import { useStanding } from "../answer/answer";
import { Branches } from "../branching/Branches";
import { useFocused } from "../answer/focused";
import { NamesHidden } from "../judging/NamesHidden";
import { toggleBlind } from "../judging/store";
import { hueOfAnswer } from "../judging/judged";
import { Judgements } from "../judging/Judgements";
import type { TurnAnswer } from "../turns";
import styles from "./Inspector.module.css";
import { RawView } from "./RawView";
import { Run } from "./Run";

type View = "tree" | "run" | "raw" | "branches";

const ID = "inspector";

type Props = {
  /** The whole conversation, as somebody else draws it. */
  tree: ReactNode;
  /** Leads to the models by votes. */
  onRatings: () => void;
};

export default function AnswerInspector({ tree, onRatings }: Props) {
  const place = useFocused((s) => s.place);
  const [view, setView] = useState<View>("run");
  return (
    <div className={styles.inspector}>
      <Tabs
        id={ID}
        label="Inspector"
        value={view}
        onChange={setView}
        options={[
          { value: "tree", label: "Tree" },
          { value: "run", label: "Run" },
          { value: "raw", label: "Raw" },
          { value: "branches", label: "Branches" },
        ]}
      />
      <TabPanel id={ID} value={view} className={styles.panel}>
        {place?.blind ? (
          <Hidden place={place} onRatings={onRatings} />
        ) : view === "tree" ? (
          tree
        ) : place && view === "branches" ? (
          <NamesHidden conversation={place.branch.conversationId} what="The list of branches">
            <Branches conversation={place.branch.conversationId} />
          </NamesHidden>
        ) : place?.answer ? (
          <Focused key={place.answer.message.id} place={place} view={view} onRatings={onRatings} />
        ) : (
          <div className={styles.empty}>
            <SearchCheck size={20} />
            <h2>Nothing to look into yet</h2>
            <p>
              Ask something, then click an answer: its calls, its figures and what went over the wire are
              shown here.
            </p>
          </div>
        )}
      </TabPanel>
    </div>
  );
}

/** All of this would tell whose answers these are. */
function Hidden({ place, onRatings }: { place: TurnAnswer } & Pick<Props, "onRatings">) {
  return (
    <>
      <h2 className={styles.title}>
        <i className={styles.dot} data-hue={hueOfAnswer(place)} />
        <bdi>{place.target}</bdi>
      </h2>
      <div className={styles.empty}>
        <EyeOff size={20} />
        <h3>Names are hidden until you vote</h3>
        <p>Figures, calls, parameters and branches would tell them. They are shown here after the vote.</p>
        <div>
          <Button small onClick={toggleBlind}>
            Show the names
          </Button>
        </div>
      </div>
      <Judgements place={place} onRatings={onRatings} />
    </>
  );
}

function Focused({ place, view, onRatings }: { place: TurnAnswer; view: View } & Pick<Props, "onRatings">) {
  const answer = useStanding(place);
  return (
    <>
      <h2 className={styles.title} title={place.target}>
        <i className={styles.dot} data-hue={hueOfAnswer(place)} />
        <bdi>{place.target}</bdi>
      </h2>
      {view === "run" ? (
        <>
          <Run answer={answer} place={place} />
          <Judgements place={place} onRatings={onRatings} />
        </>
      ) : answer.completion !== null ? (
        <RawView completion={answer.completion} />
      ) : (
        <p className={styles.quiet}>This answer was imported: nothing went over the wire for it here.</p>
      )}
    </>
  );
}
