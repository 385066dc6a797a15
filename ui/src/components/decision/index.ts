export { DecisionFacts, DecisionView } from "./DecisionView";
export { complexityWord } from "./parts";
export { Ranking } from "./Ranking";
export { PartsLegend } from "./ScoreBar";
