import { useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2, Undo2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { Field, Input, TextArea } from "@/components/Field";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { Switch } from "@/components/Switch";
import { notify } from "@/components/toasts";
import { ipc, reason, type ProviderStatus } from "@/ipc";
import { forgetCheck } from "./checks";
import { badHeaders, badUrl, changeOf, dialects, draftOf, sameDraft, type Draft } from "./edit";
import { KeyEntry } from "./KeyEntry";
import { ProviderTest } from "./ProviderTest";
import styles from "./Providers.module.css";
import { useWinner, winnerWords } from "./won";
import { keyWord } from "./words";

type Props = {
  provider: ProviderStatus;
  /** Opens the field for its key at once. */
  enterKey: boolean;
  onClose: () => void;
};

/** One provider: where it is, its key, and whether it works. */
export function ProviderDetail({ provider, enterKey, onClose }: Props) {
  const [draft, setDraft] = useState(() => draftOf(provider));
  const [problem, setProblem] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const [removing, setRemoving] = useState(false);
  const queries = useQueryClient();

  // Edited elsewhere: what was not touched here follows.
  const before = useRef(draftOf(provider));
  useEffect(() => {
    const now = draftOf(provider);
    if (!sameDraft(now, before.current)) setDraft((mine) => (sameDraft(mine, before.current) ? now : mine));
    before.current = now;
  }, [provider]);

  const simulated = provider.dialect === "simulated";
  const changed = !sameDraft(draft, draftOf(provider));
  const urlProblem = simulated ? null : badUrl(draft.baseUrl);
  const headerProblem = badHeaders(draft.headers);
  const moved = provider.key === "present" && origin(draft.baseUrl) !== origin(provider.baseUrl);
  const edit = (change: Partial<Draft>) => setDraft((mine) => ({ ...mine, ...change }));

  const save = async () => {
    setSaving(true);
    setProblem(null);
    try {
      await ipc().updateProvider(provider.id, changeOf(provider, draft));
      forgetCheck(provider.id);
      await queries.invalidateQueries({ queryKey: ["providers"] });
      notify({ text: `${draft.name} is saved in config.toml` });
    } catch (error) {
      setProblem(reason(error));
    } finally {
      setSaving(false);
    }
  };
  const isPreset = provider.preset === provider.id;

  return (
    <aside className={styles.detail} aria-label={provider.name}>
      <header className={styles.detailHead}>
        <h2>{provider.name}</h2>
        <span className={styles.id}>{provider.id}</span>
        <span className={styles.space} />
        {provider.configured && (
          <IconButton
            label={isPreset ? "Make it as it was built in" : "Remove this provider"}
            onClick={() => setRemoving(true)}
          >
            {isPreset ? <Undo2 size={14} /> : <Trash2 size={14} />}
          </IconButton>
        )}
        <IconButton label="Close" onClick={onClose}>
          <X size={14} />
        </IconButton>
      </header>
      <div className={styles.detailBody}>
        {simulated ? (
          <p className={styles.lead}>
            Answers are made up on this machine, from a script, with realistic delays, errors and usage. No
            network is used, nothing is billed, and every answer is labelled as simulated.
          </p>
        ) : (
          <>
            <Field label="Name">
              {(field) => (
                <Input
                  {...field}
                  value={draft.name}
                  onChange={(event) => edit({ name: event.target.value })}
                />
              )}
            </Field>
            <Field
              label="Base URL"
              error={changed ? urlProblem : null}
              hint={
                moved ? "The key stays with the old address. It has to be entered again for this one." : null
              }
            >
              {(field) => (
                <Input
                  {...field}
                  mono
                  value={draft.baseUrl}
                  onChange={(event) => edit({ baseUrl: event.target.value })}
                />
              )}
            </Field>
            <Field label="Dialect">
              {(field) => (
                <Select
                  {...field}
                  label="Dialect"
                  value={draft.dialect}
                  options={dialects}
                  onChange={(dialect) => edit({ dialect })}
                />
              )}
            </Field>
            {provider.key !== "notNeeded" && (
              <Key key={`${provider.id} ${enterKey}`} provider={provider} enterKey={enterKey} />
            )}
            <Headers
              headers={draft.headers}
              problem={headerProblem}
              onChange={(headers) => edit({ headers })}
            />
            <Field label="Only these models" hint="With commas between them. Empty: whatever it offers.">
              {(field) => (
                <TextArea
                  {...field}
                  mono
                  rows={2}
                  value={draft.models}
                  onChange={(event) => edit({ models: event.target.value })}
                />
              )}
            </Field>
            {!provider.loopback && (
              <div className={styles.lan}>
                <span>
                  May be in the local network
                  <span className={styles.lanHint}>
                    Otherwise only the internet or this machine is asked.
                  </span>
                </span>
                <Switch
                  label="May be in the local network"
                  checked={draft.allowLan}
                  onChange={(allowLan) => edit({ allowLan })}
                />
              </div>
            )}
          </>
        )}
        <ProviderTest provider={provider} />
        {problem && (
          <Note tone="danger" role="alert">
            {problem}
          </Note>
        )}
      </div>
      {!simulated && (
        <footer className={styles.detailFoot}>
          <span>In config.toml, not the key</span>
          <Button
            kind="ghost"
            disabled={!changed || saving}
            onClick={() => {
              setProblem(null);
              setDraft(draftOf(provider));
            }}
          >
            Discard
          </Button>
          <Button
            kind="primary"
            busy={saving}
            disabled={!changed || urlProblem !== null || headerProblem !== null}
            onClick={() => void save()}
          >
            Save
          </Button>
        </footer>
      )}
      <Confirm
        danger
        open={removing}
        title={isPreset ? `Make ${provider.name} as it was built in?` : `Remove ${provider.name}?`}
        action={isPreset ? "Undo changes" : "Remove provider"}
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await ipc().removeProvider(provider.id);
          await queries.invalidateQueries({ queryKey: ["providers"] });
          if (!isPreset) onClose();
        }}
      >
        <p>
          {isPreset
            ? "Its lines leave config.toml: address, headers and models are those of the start."
            : "Its lines leave config.toml, and its models can be asked no longer."}
        </p>
        <p>Its key stays where it is kept, and its answers stay in their conversations.</p>
      </Confirm>
    </aside>
  );
}

function origin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

function Key({ provider, enterKey }: { provider: ProviderStatus; enterKey: boolean }) {
  const queries = useQueryClient();
  const there = provider.key === "present";
  const [entering, setEntering] = useState(enterKey || !there);
  const [removing, setRemoving] = useState(false);
  const { text, icon } = keyWord(provider);
  const fromEnvironment = provider.keyPlace === "environment";
  const winner = useWinner(provider);
  return (
    <section className={styles.key} aria-label={`Key of ${provider.name}`}>
      <h3 className={styles.label}>Key</h3>
      <div className={styles.keyState}>
        <span className={styles.keyWhere} data-there={there || undefined}>
          {icon}
          {there
            ? provider.keyPlace === "environment"
              ? `in ${provider.keyVariable ?? "the environment"}`
              : provider.keyPlace === "session"
                ? "in memory, until the app ends"
                : `in the ${text}`
            : text}
        </span>
        {there && (
          <Button aria-expanded={entering} onClick={() => setEntering(!entering)}>
            {fromEnvironment ? "Use another" : "Replace"}
          </Button>
        )}
        {there && !fromEnvironment && (
          <Button kind="danger" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        )}
      </div>
      {winner && !entering ? (
        <Note tone="warn" role="status">
          {winnerWords(winner)}
        </Note>
      ) : (
        there && !entering && <p className={styles.hint}>It cannot be shown again.</p>
      )}
      {!there && provider.keyVariable && (
        <p className={styles.hint}>Or set {provider.keyVariable} in the environment before the start.</p>
      )}
      {entering && (
        <KeyEntry provider={provider} autoFocus={enterKey || there} onKept={() => setEntering(false)} />
      )}
      <Confirm
        danger
        open={removing}
        title={`Remove the key of ${provider.name}?`}
        action="Remove key"
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await ipc().removeKey(provider.id);
          forgetCheck(provider.id);
          await queries.invalidateQueries({ queryKey: ["providers"] });
          setEntering(true);
        }}
      >
        <p>
          It leaves the {text}. {provider.name} cannot be asked until there is another one.
        </p>
        <p>The key itself stays valid: to revoke it, go to the provider.</p>
      </Confirm>
    </section>
  );
}

function Headers({
  headers,
  problem,
  onChange,
}: {
  headers: Draft["headers"];
  problem: string | null;
  onChange: (headers: Draft["headers"]) => void;
}) {
  const set = (at: number, name: string, value: string) =>
    onChange(headers.map((header, i) => (i === at ? [name, value] : header)));
  return (
    <section className={styles.headers} aria-label="Extra headers">
      <div className={styles.headersHead}>
        <h3 className={styles.label}>Extra headers</h3>
        <IconButton label="Add a header" onClick={() => onChange([...headers, ["", ""]])}>
          <Plus size={14} />
        </IconButton>
      </div>
      {headers.map(([name, value], i) => (
        <div key={i} className={styles.header}>
          <Input
            mono
            aria-label={`Name of header ${i + 1}`}
            placeholder="name"
            value={name}
            onChange={(event) => set(i, event.target.value, value)}
          />
          <Input
            mono
            aria-label={`Value of header ${i + 1}`}
            placeholder="value"
            value={value}
            onChange={(event) => set(i, name, event.target.value)}
          />
          <IconButton
            label={`Remove header ${i + 1}`}
            onClick={() => onChange(headers.filter((_, at) => at !== i))}
          >
            <X size={14} />
          </IconButton>
        </div>
      ))}
      {problem && headers.length > 0 && (
        <p className={styles.bad} role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
