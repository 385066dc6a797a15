import { Pencil, RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton, Keys } from "@/components/Button";
import { Note } from "@/components/Note";
import { Table, TableRow } from "@/components/Table";
import { SearchField } from "@/components/SearchField";
import { keysText, recorded, sameKeys } from "@/lib/platform";
import { keysNow, useShortcuts, type Chosen } from "@/lib/shortcuts";
import { Page } from "./Page";
import styles from "./Settings.module.css";

export type CommandRow = { id: string; title: string; keys?: string; also?: string[] };

type Props = {
  commands: readonly CommandRow[];
  /** Keeps what was chosen. */
  onChange: (chosen: Chosen) => void;
};

type Clash = { command: CommandRow; keys: string; with: CommandRow };

/** Every command with its keys; the keys can be changed. */
export function ShortcutsPage({ commands, onChange }: Props) {
  const { chosen } = useShortcuts();
  const [text, setText] = useState("");
  const [recording, setRecording] = useState<string | null>(null);
  const [clash, setClash] = useState<Clash | null>(null);

  const keysOf = (command: CommandRow) => {
    const now = keysNow(chosen, command.id, command.keys);
    return [now, ...(command.id in chosen ? [] : (command.also ?? []))].filter((keys) => keys !== undefined);
  };
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter((command) => {
    const all = `${command.title} ${keysOf(command).map(keysText).join(" ")}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });

  const change = (next: Record<string, string | null>) => {
    setClash(null);
    onChange({ ...chosen, ...next });
  };
  const reset = (id: string) => {
    setClash(null);
    onChange(Object.fromEntries(Object.entries(chosen).filter(([other]) => other !== id)));
  };
  const choose = (command: CommandRow, keys: string) => {
    setRecording(null);
    const other = commands.find(
      (each) => each.id !== command.id && keysOf(each).some((theirs) => sameKeys(theirs, keys)),
    );
    if (other) setClash({ command, keys, with: other });
    else change({ [command.id]: keys });
  };
  const changed = Object.keys(chosen).length;

  return (
    <Page
      title="Shortcuts"
      actions={
        <Button disabled={changed === 0} onClick={() => onChange({})}>
          <RotateCcw size={14} />
          Reset all
        </Button>
      }
    >
      <SearchField
        type="search"
        label="Search shortcuts"
        placeholder="Search by command or by keys"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {clash && (
        <Note
          tone="warn"
          role="alert"
          actions={
            <>
              <Button small onClick={() => setClash(null)}>
                Leave it
              </Button>
              <Button small onClick={() => change({ [clash.with.id]: null, [clash.command.id]: clash.keys })}>
                Take the keys
              </Button>
            </>
          }
        >
          {keysText(clash.keys)} belongs to “{clash.with.title}”, which would be left without keys.
        </Note>
      )}
      {found.length === 0 ? (
        <p className={styles.lead}>No command has “{text.trim()}” in its name or keys.</p>
      ) : (
        <Table
          label="Shortcuts"
          columns={[
            { title: "Command" },
            { title: "Keys", width: "240px" },
            { title: "Change", width: "80px", silent: true },
          ]}
        >
          {found.map((command) => (
            <TableRow key={command.id}>
              <td>{command.title}</td>
              <td>
                {recording === command.id ? (
                  <Recorder
                    name={command.title}
                    onKeys={(keys) => choose(command, keys)}
                    onCancel={() => setRecording(null)}
                    onNone={() => {
                      setRecording(null);
                      change({ [command.id]: null });
                    }}
                  />
                ) : (
                  <span className={styles.keys}>
                    {keysOf(command).map((keys) => (
                      <span key={keys}>
                        <span className="srOnly">{keysText(keys)}</span>
                        <Keys keys={keys} boxed />
                      </span>
                    ))}
                    {keysOf(command).length === 0 && <span className={styles.quiet}>none</span>}
                  </span>
                )}
              </td>
              <td data-right>
                {command.id in chosen && (
                  <IconButton label={`Reset the keys of ${command.title}`} onClick={() => reset(command.id)}>
                    <RotateCcw size={14} />
                  </IconButton>
                )}
                <IconButton
                  label={`Change the keys of ${command.title}`}
                  onClick={() => {
                    setClash(null);
                    setRecording(command.id);
                  }}
                >
                  <Pencil size={14} />
                </IconButton>
              </td>
            </TableRow>
          ))}
        </Table>
      )}
    </Page>
  );
}

/** Waits for keys: before every command, so that theirs can be chosen too. */
function Recorder({
  name,
  onKeys,
  onCancel,
  onNone,
}: {
  name: string;
  onKeys: (keys: string) => void;
  onCancel: () => void;
  onNone: () => void;
}) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key === "Escape" && bare) return onCancel();
      if ((event.key === "Backspace" || event.key === "Delete") && bare) return onNone();
      const keys = recorded(event);
      if (keys) onKeys(keys);
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  });
  return (
    <span className={styles.record} role="status" aria-label={`Press the new keys of ${name}`}>
      Press keys, Del for none
    </span>
  );
}
