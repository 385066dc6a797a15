import { Search } from "lucide-react";
import type { ComponentProps, ReactNode, Ref } from "react";
import { cx } from "@/lib/classes";
import styles from "./SearchField.module.css";

type Props = Omit<ComponentProps<"input">, "ref" | "list"> & {
  /** What it looks for: its name. */
  label: string;
  /** It is the head of a list and has no frame of its own. */
  line?: boolean;
  ref?: Ref<HTMLInputElement>;
  /** It keeps the focus while arrows move the mark in this list, and which row has it. */
  list?: { id: string; marked: string | undefined };
  /** Stands at the end of it. */
  children?: ReactNode;
};

/** A field to search with. `className` is for its place. */
export function SearchField({ label, line, list, className, children, ...input }: Props) {
  const combobox = list && {
    role: "combobox",
    "aria-expanded": true,
    "aria-controls": list.id,
    "aria-activedescendant": list.marked,
    "aria-autocomplete": "list" as const,
  };
  return (
    <label className={cx(styles.search, line ? styles.line : styles.box, className)}>
      <Search size={14} />
      <input aria-label={label} autoComplete="off" spellCheck={false} {...combobox} {...input} />
      {children}
    </label>
  );
}
