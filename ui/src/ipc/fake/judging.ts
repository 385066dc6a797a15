/** Votes, the rating board and judges, in the engine that is made up. */
import type { Ballot, Board, Judgement, Rating, Verdict, Vote } from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { textOf } from "./rows";

type Judging = Pick<
  Ipc,
  | "castVote"
  | "judgeAnswers"
  | "judgeRubric"
  | "listJudgements"
  | "listVotes"
  | "ratingBoard"
  | "takeBackVote"
>;

/** What was judged; kept with the world, so that it outlives a reload. */
export type Judged = { votes: Vote[]; judgements: Judgement[] };

const NEEDED = 10;
const THINKS_MS = 1_500;
const RUBRIC =
  "Correct, complete and to the point for what was asked. Claims that are wrong weigh most, then parts of the question left unanswered, then words that say nothing. Length and style alone decide nothing.";

const answersOf = (ballot: Ballot) =>
  ballot.kind === "pair" ? [ballot.a, ballot.b] : [ballot.best, ...ballot.others];

export function judging(door: Door): Judging {
  const { later, world, changed, message, row } = door;
  const judged = (): Judged => (world().judged ??= { votes: [], judgements: [] });
  const modelOf = (id: string) => {
    const { completionId } = message(id);
    if (!completionId)
      throw Object.assign(new Error("only answers of models can be voted on"), { kind: "badInput" });
    const { completion } = row(completionId);
    return { model: completion.served ?? completion.requested, run: completion.runId };
  };
  const id = () => `00000000-0000-7000-8003-${String(++world().ids).padStart(12, "0")}`;
  const tell = (answer: string) => changed("votes", `conversation:${message(answer).conversationId}`);
  /** A verdict is there once the judge has thought for a while. */
  const thought = (judgement: Judgement): Judgement => {
    const since = Date.now() - Date.parse(judgement.createdAt);
    if (judgement.state !== "asking" || since < THINKS_MS) return judgement;
    const length = (answer: string) => textOf(message(answer)).length;
    const verdict: Verdict = length(judgement.a) >= length(judgement.b) ? "a" : "b";
    return Object.assign(judgement, {
      state: "done",
      verdict,
      agreed: true,
      opinions: judgement.opinions.map((opinion) => ({
        ...opinion,
        verdict,
        reason: `The ${(verdict === "a") === opinion.swapped ? "second" : "first"} answer says more of what was asked. (This judge is made up: it counts characters.)`,
      })),
    });
  };

  return {
    castVote: ({ ballot, blind }) =>
      later(() => {
        const answers = answersOf(ballot);
        if (new Set(answers).size !== answers.length || answers.length < 2)
          throw Object.assign(new Error("a vote is about two answers or more"), { kind: "badInput" });
        const run =
          answers
            .map((answer) => modelOf(answer).run)
            .sort()
            .at(-1) ?? "";
        const vote: Vote = {
          id: id(),
          run,
          by: "user",
          ballot,
          blind: blind ?? false,
          createdAt: new Date().toISOString(),
        };
        const replaced = (old: Vote) =>
          old.by === "user" &&
          old.ballot.kind === ballot.kind &&
          (ballot.kind === "pair"
            ? answersOf(old.ballot).every((answer) => answers.includes(answer))
            : answersOf(old.ballot).some((answer) => answers.includes(answer)));
        judged().votes = [...judged().votes.filter((old) => !replaced(old)), vote];
        tell(answers[0] ?? "");
        return vote;
      }),
    takeBackVote: (gone) =>
      later(() => {
        const vote = judged().votes.find((other) => other.id === gone);
        if (!vote) throw Object.assign(new Error(`there is no vote \`${gone}\``), { kind: "notFound" });
        judged().votes = judged().votes.filter((other) => other !== vote);
        return tell(answersOf(vote.ballot)[0] ?? "");
      }),
    listVotes: (conversation) =>
      later(() =>
        judged().votes.filter((vote) =>
          answersOf(vote.ballot).some((answer) => message(answer).conversationId === conversation),
        ),
      ),
    ratingBoard: ({ folder, tags, blindOnly }) =>
      later(() => {
        const { folderOf = {}, tagsOf = {} } = world().filed ?? {};
        const counted = judged().votes.filter((vote) => {
          const { conversationId } = message(answersOf(vote.ballot)[0] ?? "");
          return (
            (!blindOnly || vote.blind) &&
            (!folder || folderOf[conversationId] === folder) &&
            (tags ?? []).every((tag) => tagsOf[conversationId]?.includes(tag))
          );
        });
        return board(counted, (answer) => modelOf(answer).model);
      }),
    judgeAnswers: ({ a, b, judge, rubric }) =>
      later(() => {
        const judgement: Judgement = {
          id: id(),
          conversation: message(a).conversationId,
          run: modelOf(a).run,
          a,
          b,
          judge,
          rubric: rubric?.trim() ? rubric : RUBRIC,
          state: "asking",
          failure: null,
          verdict: null,
          agreed: null,
          opinions: [false, true].map((swapped) => ({
            completion: id(),
            swapped,
            verdict: null,
            reason: "",
          })),
          createdAt: new Date().toISOString(),
        };
        judged().judgements.push(judgement);
        setTimeout(() => tell(a), THINKS_MS + 50);
        tell(a);
        return judgement;
      }),
    listJudgements: (conversation) =>
      later(() =>
        judged()
          .judgements.filter((j) => j.conversation === conversation)
          .map(thought),
      ),
    judgeRubric: () => later(() => RUBRIC),
  };
}

/** By shares of wins, not by the engine's model: enough to look at. */
function board(votes: readonly Vote[], modelOf: (answer: string) => string): Board {
  const all = new Map<string, Rating>();
  const of = (model: string): Rating => {
    const fresh: Rating = {
      model,
      rating: 1000,
      low: 0,
      high: 0,
      place: 0,
      wins: 0,
      losses: 0,
      ties: 0,
      bothBad: 0,
      votes: 0,
      enough: false,
    };
    const found = all.get(model) ?? fresh;
    all.set(model, found);
    return found;
  };
  let sameModel = 0;
  for (const { ballot } of votes) {
    const models = [...new Set(answersOf(ballot).map(modelOf))];
    if (models.length < 2) {
      sameModel++;
      continue;
    }
    const best = ballot.kind === "best" ? ballot.best : ballot.verdict === "b" ? ballot.b : ballot.a;
    const verdict = ballot.kind === "pair" ? ballot.verdict : "a";
    for (const model of models) {
      const rating = of(model);
      rating.votes++;
      if (verdict === "tie") rating.ties++;
      else if (verdict === "bothBad") rating.bothBad++;
      else if (model === modelOf(best)) rating.wins++;
      else rating.losses++;
    }
  }
  const ratings = [...all.values()].map((r): Rating => {
    const share = (r.wins + (r.ties + r.bothBad) / 2 + 1) / (r.votes + 2);
    const rating = Math.round(1000 + 400 * Math.log10(share / (1 - share)));
    const spread = Math.round(680 / Math.sqrt(r.votes + 1));
    return { ...r, rating, low: rating - spread, high: rating + spread, enough: r.votes >= NEEDED };
  });
  ratings.sort((x, y) => y.rating - x.rating);
  ratings.forEach((rating, i) => (rating.place = i + 1));
  const blind = votes.filter((vote) => vote.blind).length;
  return { ratings, votes: votes.length, blind, sameModel, needed: NEEDED };
}
