export { DecisionFacts, DecisionView } from "./DecisionView";
export { complexityWord, labelOf } from "./parts";
export { Ranking } from "./Ranking";
export { PartsLegend } from "./ScoreBar";
