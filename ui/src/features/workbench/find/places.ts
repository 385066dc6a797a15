/** Where words stand in a conversation. */
import type { BranchId } from "@/ipc";

/** A text that is drawn in one piece: a prompt, or one part of an answer. */
export type Place = {
  depth: number;
  branch: BranchId | null;
  /** `null`: the column's own prompt. */
  part: number | null;
  /** What has to be unfolded for it to be seen. */
  folds: string;
};

export type Hit = {
  place: Place;
  /** Among those of its place, from 0. */
  nth: number;
};

/** More are not counted. */
export const MOST = 5_000;

export const samePlace = (a: Place, b: Place): boolean =>
  a.depth === b.depth && a.branch === b.branch && a.part === b.part;
export const sameHit = (a: Hit, b: Hit): boolean => a.nth === b.nth && samePlace(a.place, b.place);
