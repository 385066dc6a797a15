import { SearchField } from "@/components/SearchField";
import { useState, type KeyboardEvent } from "react";
import { cx } from "@/lib/classes";
import { section, sections, useSettings } from "./sections";
import styles from "./Settings.module.css";

/** The pages of the settings, found by what is on them. */
export function SettingsNav({ onOpen }: { onOpen?: () => void }) {
  const { section: current } = useSettings();
  const [text, setText] = useState("");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = sections.filter((each) =>
    words.every((word) => `${each.title} ${each.words}`.toLowerCase().includes(word)),
  );
  const open = (id: (typeof sections)[number]["id"]) => {
    section(id);
    onOpen?.();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const first = found[0];
    if (event.key === "Enter" && event.target instanceof HTMLInputElement && first) open(first.id);
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-section]")];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const to = buttons[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!to) return;
    event.preventDefault();
    to.focus();
  };
  return (
    <nav className={styles.nav} aria-label="Settings" onKeyDown={onKeyDown}>
      <SearchField
        className={styles.search}
        type="search"
        label="Search settings"
        placeholder="Search settings"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {found.length === 0 && <p className={styles.nothing}>No page of the settings has “{text.trim()}”.</p>}
      {found.map(({ id, title, icon: Icon }) => (
        <button
          key={id}
          type="button"
          data-section={id}
          className={cx(styles.section, id === current && styles.current)}
          aria-current={id === current ? "page" : undefined}
          onClick={() => open(id)}
        >
          <Icon size={16} />
          {title}
        </button>
      ))}
    </nav>
  );
}
