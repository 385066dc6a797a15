import {
  Fragment,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type PointerEvent,
  type RefObject,
} from "react";
import { Button } from "@/components/Button";
import type { ConversationId } from "@/ipc";
import { AnswerColumn, type ColumnActions } from "./answer/AnswerColumn";
import { dragged, FOLDED, NARROWEST, setAlone, setShares, sharesOf, useColumns, type Room } from "./columns";
import { differences } from "./composer/params";
import { Separator } from "./Separator";
import type { Turn } from "./turns";
import styles from "./Columns.module.css";

type Props = { conversation: ConversationId; turn: Turn; actions: ColumnActions; room: Room | null };

/** So far a hand may tremble before a head is dragged. */
const TREMBLE_PX = 6;

/** What a column grows by that nobody resized. Shares that came to less than 1 together would leave room empty. */
const WHOLE = 100;

/** The answers of one turn, side by side. */
export function Columns({ conversation, turn, actions, room }: Props) {
  const { answers, blind = false } = turn;
  const arrangement = useColumns();
  // How wide a column was made, or whether it was folded, would tell whose it is.
  const { shares: kept, folded, alone } = blind ? { shares: {}, folded: {}, alone: null } : arrangement;
  const strip = useRef<HTMLDivElement>(null);
  const scrolls = useScrolls(
    strip,
    answers.filter(({ branch }) => !(branch.id in folded)).length,
    answers.length,
  );
  const seats = answers.map(({ branch, target }) => ({ branch: branch.id, target }));
  const shares = sharesOf(kept, conversation, seats);
  const single = answers.find(({ branch }) => branch.id === alone);

  const boxes = () => [
    ...(strip.current?.querySelectorAll<HTMLElement>(":scope > [data-column]:not([data-fold])") ?? []),
  ];
  /** Widths of all columns now; folded ones keep theirs for later. */
  const measured = () => {
    const open = boxes();
    return answers.map(
      (_, i) =>
        open.find((box) => box.dataset["column"] === String(i + 1))?.getBoundingClientRect().width ?? null,
    );
  };
  const resize = (before: readonly (number | null)[], at: number, px: number, done: boolean) => {
    const open = before.flatMap((width, i) => (width === null ? [] : [{ i, width }]));
    const place = open.findIndex(({ i }) => i === at);
    const widths = dragged(
      open.map(({ width }) => width),
      place,
      px,
      scrolls,
    );
    const equal = scrolls ? NARROWEST : widths.reduce((sum, width) => sum + width, 0) / widths.length;
    const next = shares.map((share, i) => {
      const found = open.findIndex((one) => one.i === i);
      return found < 0 ? share : (widths[found] ?? 0) / equal;
    });
    setShares(conversation, seats, next, done);
  };

  const [drag, setDrag] = useState<{ from: number; to: number; x: number } | null>(null);
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    const on = down.target as HTMLElement;
    const head = on.closest<HTMLElement>("[data-head]");
    const column = head?.closest<HTMLElement>("[data-column]");
    if (
      down.button !== 0 ||
      !head ||
      !column ||
      on.closest("button") ||
      answers.length < 2 ||
      single ||
      blind
    )
      return;
    const from = Number(column.dataset["column"]) - 1;
    let to = from;
    let moving = false;
    const move = (event: globalThis.PointerEvent) => {
      if (!moving && Math.abs(event.clientX - down.clientX) < TREMBLE_PX) return;
      moving = true;
      const all = [...(strip.current?.querySelectorAll<HTMLElement>(":scope > [data-column]") ?? [])];
      const rects = all.map((box) => box.getBoundingClientRect());
      const gap = rects.filter((rect) => event.clientX > rect.left + rect.width / 2).length;
      to = gap > from ? gap - 1 : gap;
      const left = strip.current?.getBoundingClientRect().left ?? 0;
      const edge = rects[gap]?.left ?? rects.at(-1)?.right ?? 0;
      setDrag({ from, to, x: edge - left + (strip.current?.scrollLeft ?? 0) });
    };
    const end = (drop: boolean) => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("keydown", cancel, true);
      setDrag(null);
      const place = answers[from];
      if (drop && moving && to !== from && place) actions.move(place, to);
    };
    const up = () => end(true);
    const cancel = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      end(false);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("keydown", cancel, true);
  };

  const shown = single ? [single] : answers;
  // As text, so that a column renders only when its own chips change.
  const chips = useMemo(
    () =>
      differences(
        // Parameters tell columns apart.
        answers.map(({ answer, blind }) => ({
          params: (!blind && answer?.completion?.params) || {},
          system: null,
        })),
      ).own.map((own) => own.map(({ label }) => label).join("\n")),
    [answers],
  );
  // Straight to the boxes: a custom property would be kept with the style of all that is in them (`base.css`), and
  // no column has to render for it.
  useLayoutEffect(() => {
    for (const box of strip.current?.querySelectorAll<HTMLElement>(":scope > [data-column]") ?? []) {
      const share = shares[Number(box.dataset["column"]) - 1] ?? 1;
      const own = share !== 1 && box.dataset["fold"] === undefined;
      const scrolled = scrolls && !single;
      box.style.flexGrow = own && !scrolled ? String(share * WHOLE) : "";
      box.style.width = own && scrolled ? `calc(var(--w-column-min) * ${Math.max(1, share)})` : "";
    }
  });
  return (
    <>
      {scrolls && !single && room && (
        <div className={styles.offer} role="status">
          <span>
            {answers.length} columns want more room than there is beside the {room.panes}.
          </span>
          <Button small onClick={room.make}>
            Fold the {room.panes}
          </Button>
          <Button kind="ghost" small onClick={room.refuse}>
            Never mind
          </Button>
        </div>
      )}
      <div
        ref={strip}
        className={styles.columns}
        data-count={answers.length}
        data-numbered={scrolls || answers.length > 4 || single !== undefined || undefined}
        data-scrolls={(scrolls && !single) || undefined}
        data-dragging={drag ? drag.from + 1 : undefined}
        onPointerDown={onPointerDown}
        onDoubleClick={(event) => {
          const on = event.target as HTMLElement;
          const branch = on.closest("[data-head]")?.closest<HTMLElement>("[data-column]")?.dataset["branch"];
          if (branch && !blind && !on.closest("button") && answers.length > 1)
            setAlone(single ? null : branch);
        }}
      >
        {shown.map((place) => {
          const i = answers.indexOf(place);
          const isFolded = !single && place.branch.id in folded;
          return (
            <Fragment key={`${place.key} ${turn.depth}`}>
              <AnswerColumn
                place={place}
                number={i + 1}
                count={answers.length}
                folded={isFolded}
                chips={chips[i] ?? ""}
                alone={single !== undefined}
                actions={actions}
              />
              {!single && !blind && i < answers.length - (scrolls ? 0 : 1) && !isFolded && (
                <Separator
                  name={place.target}
                  share={shares[i] ?? 1}
                  measure={measured}
                  onMove={(before, px, done) => resize(before, i, px, done)}
                  onReset={() => setShares(conversation, seats, null, true)}
                />
              )}
            </Fragment>
          );
        })}
        {drag && drag.from !== drag.to && <i className={styles.drop} style={{ left: drag.x }} />}
      </div>
    </>
  );
}

/** Whether the columns are wider together than their strip. */
function useScrolls(strip: RefObject<HTMLDivElement | null>, open: number, all: number): boolean {
  const [width, setWidth] = useState(Infinity);
  useLayoutEffect(() => {
    if (strip.current) setWidth(strip.current.clientWidth);
  }, [strip]);
  useEffect(() => {
    if (!strip.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(strip.current);
    return () => observer.disconnect();
  }, [strip]);
  return open * NARROWEST + (all - open) * FOLDED > width + 1;
}
