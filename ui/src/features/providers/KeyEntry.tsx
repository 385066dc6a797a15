import { useQueryClient } from "@tanstack/react-query";
import { Eye, EyeOff, Lock, TriangleAlert } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";
import { Button, IconButton } from "@/components/Button";
import { Input } from "@/components/Field";
import { Select, type Option } from "@/components/Select";
import { ipc, reason, type KeyPlace, type KeyPlaces, type ProviderStatus } from "@/ipc";
import { useKeyPlaces } from "./api";
import { forgetCheck, test } from "./checks";
import styles from "./Providers.module.css";
import { noKey } from "./recognise";
import { VaultDialogs, type VaultAct } from "./VaultDialogs";
import { keptBeside, useWinner, winnerWords } from "./won";
import { placeWords } from "./words";

export type KeptPlace = Exclude<KeyPlace, "environment">;

type Props = {
  provider: Pick<ProviderStatus, "id" | "name" | "keyPlace"> | undefined;
  /** What has to be there before the key, such as the provider itself. */
  prepare?: () => Promise<unknown>;
  /** Stands before the field. */
  before?: ReactNode;
  /** Hears what is in the field while it is there; it must not keep it. */
  onText?: (text: string) => void;
  autoFocus?: boolean;
  /** The key is kept, and what its test found is in the checks. */
  onKept?: () => void;
  action?: string;
  /** Another button of the view is the one that matters. */
  quiet?: boolean;
};

/**
 * Takes a key. It is never in React's hands: it is read from the field when it is sent, and the field is emptied as
 * soon as the engine has taken or refused it.
 */
export function KeyEntry({
  provider,
  prepare,
  before,
  onText,
  autoFocus,
  onKept,
  action = "Keep key",
  quiet,
}: Props) {
  const id = useId();
  const queries = useQueryClient();
  const { data: places } = useKeyPlaces();
  const field = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState<"keeping" | "checking" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [chosen, setChosen] = useState<KeptPlace | null>(null);
  const [vault, setVault] = useState<VaultAct | null>(null);

  const winner = useWinner(provider);
  const usual = usualPlace(provider?.keyPlace, places);
  const place = chosen ?? usual;

  const send = async (vaultOpened = false) => {
    const input = field.current;
    if (!input || busy) return;
    const wrong = provider ? noKey(input.value) : "Choose the provider that the key is from.";
    setProblem(wrong);
    if (wrong || !provider) return;
    // A vault is opened first, and the key waits in its field.
    if (place === "vault" && places && places.vault !== "open" && !vaultOpened)
      return setVault(opening[places.vault]);
    setBusy("keeping");
    try {
      if (place === "keychain" && places?.keychain !== "open") {
        const now = await ipc().askKeychain();
        queries.setQueryData<KeyPlaces>(["keys", "places"], now);
        if (now.keychain !== "open") {
          setProblem(
            `The keychain cannot take it${now.keychainAdvice ? `: ${now.keychainAdvice}` : ""}. Or choose another place.`,
          );
          return;
        }
      }
      await prepare?.();
      const sent = ipc().setKey(provider.id, input.value.trim(), place);
      input.value = "";
      setShown(false);
      onText?.("");
      keptBeside(provider.id, await sent);
      setBusy("checking");
      forgetCheck(provider.id);
      await test(provider.id);
      onKept?.();
    } catch (error) {
      setProblem(`${reason(error)}. The key was not kept: paste it again.`);
      field.current?.focus();
    } finally {
      setBusy(null);
      void queries.invalidateQueries({ queryKey: ["providers"] });
    }
  };

  return (
    <>
      <form
        className={styles.keyForm}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <div className={styles.keyLine}>
          {before}
          <span className={styles.keyField}>
            <Input
              ref={field}
              mono
              type={shown ? "text" : "password"}
              aria-label={`Key for ${provider?.name ?? "a provider"}`}
              aria-describedby={`${id}-hint`}
              aria-invalid={problem ? true : undefined}
              placeholder="Paste a key"
              autoComplete="off"
              autoCorrect="off"
              autoCapitalize="off"
              data-1p-ignore
              autoFocus={autoFocus}
              onInput={(event) => {
                setProblem(null);
                onText?.(event.currentTarget.value);
              }}
            />
            <IconButton
              label={shown ? "Hide what is typed" : "Show what is typed"}
              onClick={() => setShown(!shown)}
            >
              {shown ? <EyeOff size={14} /> : <Eye size={14} />}
            </IconButton>
          </span>
          <Button type="submit" kind={quiet ? "plain" : "primary"} busy={busy !== null}>
            {busy === "checking" ? "Checking" : busy === "keeping" ? "Keeping" : action}
          </Button>
        </div>
        <div className={styles.keyPlace}>
          <span className={styles.keyPlaceLabel}>Keep it in</span>
          <Select
            small
            label="Where the key is kept"
            className={styles.placeSelect}
            value={place}
            options={placeOptions(places)}
            onChange={(next) => {
              setProblem(null);
              setChosen(next);
            }}
          />
          <p id={`${id}-hint`} className={styles.keyHint} role="status">
            {problem ? (
              <span className={styles.bad}>{problem}</span>
            ) : winner ? (
              <>
                <TriangleAlert size={12} className={styles.warn} />
                <span>{winnerWords(winner)}</span>
              </>
            ) : (
              <>
                <Lock size={12} />
                <span>{placeHint(place, places)} The check lists models and asks for one token.</span>
              </>
            )}
          </p>
        </div>
      </form>
      <VaultDialogs act={vault} onClose={() => setVault(null)} onOpened={() => void send(true)} />
    </>
  );
}

/** What has to be done before a vault in this state takes a key. */
const opening: Record<Exclude<KeyPlaces["vault"], "open">, VaultAct> = {
  absent: "create",
  locked: "unlock",
  damaged: "anew",
};

/** Where a key goes unless the user says otherwise: never to a place that is known to be closed. */
export function usualPlace(before: KeyPlace | null | undefined, places: KeyPlaces | undefined): KeptPlace {
  const vault = places?.vault === "open" || places?.vault === "locked";
  if (before === "keychain" || (before === "vault" && vault) || before === "session") return before;
  if (!places || places.keychain === "open" || places.keychain === "unknown") return "keychain";
  return vault ? "vault" : "session";
}

function placeOptions(places: KeyPlaces | undefined): Option<KeptPlace>[] {
  const keychain = places?.keychain ?? "unknown";
  const closed: Record<KeyPlaces["keychain"], string> = {
    unknown: "",
    open: "",
    locked: "locked",
    waiting: "has not answered",
    noCollection: "has no keyring",
    absent: "not here",
    failed: "failed",
  };
  const name = places?.keychainName ?? "";
  return [
    { value: "keychain", label: "Keychain", hint: closed[keychain] || name, icon: placeWords.keychain.icon },
    {
      value: "vault",
      label: "Encrypted vault",
      hint: { absent: "asks for a passphrase", locked: "locked", open: "open", damaged: "damaged" }[
        places?.vault ?? "absent"
      ],
      icon: placeWords.vault.icon,
    },
    { value: "session", label: "This session", hint: "forgotten at the end", icon: placeWords.session.icon },
  ];
}

function placeHint(place: KeptPlace, places: KeyPlaces | undefined): string {
  switch (place) {
    case "keychain":
      return `Goes to the system keychain${places ? ` (${places.keychainName})` : ""} and nowhere else.`;
    case "vault":
      if (places?.vault === "damaged")
        return "The vault file is damaged: it is put aside as it is, and a new one is made first.";
      return places?.vault === "open"
        ? "Goes to the encrypted vault file and nowhere else."
        : "Goes to the encrypted vault file, which asks for its passphrase first.";
    case "session":
      return "Stays in memory until the app ends, and is written nowhere.";
  }
}
