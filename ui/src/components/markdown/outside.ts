/** What leads out of the window. Nothing does by itself: each asks first, and shows the whole address. */
import { create } from "zustand";

type Question = {
  kind: "link" | "picture";
  url: URL;
  /** Called with the answer. */
  answer: (yes: boolean) => void;
};

export const useOutside = create<{ question: Question | null }>(() => ({ question: null }));

/** Whether the user wants to go there, after having seen where that is. */
export function askOutside(kind: Question["kind"], url: URL): Promise<boolean> {
  useOutside.getState().question?.answer(false);
  return new Promise((done) => {
    useOutside.setState({
      question: {
        kind,
        url,
        answer: (yes) => {
          useOutside.setState({ question: null });
          done(yes);
        },
      },
    });
  });
}
