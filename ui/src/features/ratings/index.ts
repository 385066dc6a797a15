export { Ratings } from "./Ratings";
