import { notify } from "@/components/toasts";

/** Whether names are hidden here; says so to who asked for something that would tell them. */
export function isHidden(place: { blind?: boolean } | undefined): boolean {
  if (place?.blind) notify({ text: "That would tell the names, which are hidden until you vote" });
  return place?.blind === true;
}
