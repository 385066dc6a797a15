import { useState } from "react";
import { Field, Input } from "@/components/Field";
import type { Policy } from "@/ipc";
import styles from "./Routing.module.css";
import { begin, discard } from "./view";

/** The name of a policy that is not saved yet. */
export function NameField({ policy, taken }: { policy: Policy; taken: readonly string[] }) {
  const [text, setText] = useState(policy.name);
  const [of, setOf] = useState(policy.name);
  if (of !== policy.name) {
    setOf(policy.name);
    setText(policy.name);
  }
  const problem = problemOf(text, taken);
  return (
    <div className={styles.name}>
      <Field
        label="Name"
        hint={`auto:${policy.name} asks for it. It is saved in config.toml.`}
        error={problem ?? undefined}
      >
        {(field) => (
          <Input
            {...field}
            value={text}
            onChange={(event) => {
              const name = event.target.value;
              setText(name);
              if (problemOf(name, taken) !== null || name === policy.name) return;
              setOf(name);
              discard(policy.name);
              begin({ ...policy, name });
            }}
          />
        )}
      </Field>
    </div>
  );
}

function problemOf(name: string, taken: readonly string[]): string | null {
  if (!/^[a-z0-9-]{1,60}$/.test(name)) return "small letters, digits and - only";
  if (taken.includes(name)) return "there is a policy of this name; choose another";
  return null;
}
