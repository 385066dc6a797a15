import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, FileUp, KeyRound, LockKeyhole, LockKeyholeOpen, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Menu, type MenuEntry } from "@/components/Menu";
import { Note } from "@/components/Note";
import { ErrorState } from "@/components/States";
import { cx } from "@/lib/classes";
import { ipc, reason, type KeyPlaces } from "@/ipc";
import { attempt, useKeyPlaces } from "./api";
import styles from "./Providers.module.css";
import { VaultDialogs, type VaultAct } from "./VaultDialogs";
import { keychainWords } from "./words";

/** How keychain and vault are, and what to do about it. */
export function KeychainBanner() {
  const queries = useQueryClient();
  const { data: places, error, refetch } = useKeyPlaces();
  const [asking, setAsking] = useState(false);
  const [vault, setVault] = useState<VaultAct | null>(null);
  if (error)
    return (
      <ErrorState
        title="Where keys are kept is not known"
        why={reason(error)}
        onRetry={() => void refetch()}
      />
    );
  if (!places) return <div className={styles.banner} />;
  const damaged = places.vault === "damaged";

  const again = async () => {
    setAsking(true);
    await attempt(async () => {
      const now = await ipc().askKeychain();
      queries.setQueryData<KeyPlaces>(["keys", "places"], now);
      await queries.invalidateQueries({ queryKey: ["providers"] });
    });
    setAsking(false);
  };
  const { tone, title, text, icon } = keychainWords(places);
  return (
    <>
      <div className={styles.banner} role="status" aria-label="Where keys are kept">
        <p className={styles.bannerText}>
          <span className={cx(styles.bannerIcon, styles[tone])}>{icon}</span>
          <span>
            <b>{title}</b> <span className={styles.bannerMore}>{text}</span>
            {places.keychainAdvice && (
              <span className={styles.bannerMore}> To go on: {places.keychainAdvice}.</span>
            )}
          </span>
        </p>
        <span className={styles.bannerActions}>
          {places.keychain !== "open" && (
            <Button small busy={asking} onClick={() => void again()}>
              {places.keychain === "unknown" ? "Ask now" : "Try again"}
            </Button>
          )}
          <Menu
            align="end"
            trigger={
              <Button small kind="ghost">
                {vaultWords[places.vault]}
                <ChevronDown size={12} />
              </Button>
            }
            entries={vaultEntries(places.vault, setVault)}
          />
        </span>
      </div>
      {damaged && (
        <div className={styles.notes}>
          <Note
            tone="danger"
            actions={
              <>
                <Button small onClick={() => setVault("restore")}>
                  Restore from a copy
                </Button>
                <Button small onClick={() => setVault("anew")}>
                  Make a new vault
                </Button>
              </>
            }
          >
            The vault file <code>keys.vault</code> is damaged, and opens with no passphrase. Nothing was
            changed in it. Whichever you choose, it is kept in the folder <code>damaged</code> beside your
            data.
          </Note>
        </div>
      )}
      <VaultDialogs act={vault} onClose={() => setVault(null)} />
    </>
  );
}

const vaultWords: Record<KeyPlaces["vault"], string> = {
  absent: "No vault",
  locked: "Vault locked",
  open: "Vault open",
  damaged: "Vault damaged",
};

function vaultEntries(state: KeyPlaces["vault"], to: (act: VaultAct) => void): MenuEntry[] {
  if (state === "absent")
    return [{ label: "Create a vault", icon: <Plus size={14} />, run: () => to("create") }];
  const remove: MenuEntry = {
    label: "Delete the vault",
    icon: <Trash2 size={14} />,
    danger: true,
    run: () => to("delete"),
  };
  if (state === "damaged")
    return [
      { label: "Restore from a copy", icon: <FileUp size={14} />, run: () => to("restore") },
      { label: "Make a new vault", icon: <Plus size={14} />, run: () => to("anew") },
      "line",
      remove,
    ];
  return [
    state === "locked"
      ? { label: "Unlock the vault", icon: <LockKeyholeOpen size={14} />, run: () => to("unlock") }
      : {
          label: "Lock the vault",
          icon: <LockKeyhole size={14} />,
          run: () => void attempt(() => ipc().lockVault()),
        },
    { label: "Change the passphrase", icon: <KeyRound size={14} />, run: () => to("change") },
    "line",
    remove,
  ];
}
