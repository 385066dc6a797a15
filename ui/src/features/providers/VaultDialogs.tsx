import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { Confirm } from "@/components/Confirm";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { FormEnd } from "@/components/FormEnd";
import { notify } from "@/components/toasts";
import { ipc, reason } from "@/ipc";
import styles from "./Providers.module.css";
import { RestoreVault } from "./RestoreVault";

export type VaultAct = "create" | "unlock" | "change" | "delete" | "anew" | "restore";

type Props = {
  act: VaultAct | null;
  onClose: () => void;
  /** The vault is open now. */
  onOpened?: () => void;
};

const SHORTEST = 8;

/** Create, unlock, change, delete, and the ways out of damage: each passphrase is read from its field when it is sent, and kept nowhere. */
export function VaultDialogs({ act, onClose, onOpened }: Props) {
  const queries = useQueryClient();
  const fresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["keys"] }),
      queries.invalidateQueries({ queryKey: ["providers"] }),
    ]);
  const done = async (said: string) => {
    await fresh();
    notify({ text: said });
    onClose();
  };
  return (
    <>
      <Passphrases
        open={act === "create"}
        title="Create a vault"
        action="Create vault"
        onClose={onClose}
        next
        onSend={async (_, next) => {
          await ipc().createVault(next);
          await done("The vault is made, and open until the app ends");
          onOpened?.();
        }}
      >
        The vault is one encrypted file beside your data. It asks for its passphrase once after each start.
        Without the passphrase nobody can open it, you included: then its keys have to be entered again.
      </Passphrases>
      <Passphrases
        open={act === "anew"}
        title="Make a new vault"
        action="Make new vault"
        onClose={onClose}
        next
        onSend={async (_, next) => {
          await ipc().createVault(next);
          await done("A new vault is made; the damaged file is kept in the folder “damaged”");
          onOpened?.();
        }}
      >
        The damaged file is put aside as it is, in the folder “damaged” beside your data. The keys that were
        in it have to be entered again.
      </Passphrases>
      <RestoreVault
        open={act === "restore"}
        onClose={onClose}
        onRestored={() => done("The vault is the copy's now, and locked: unlock it with its passphrase")}
      />
      <Passphrases
        open={act === "unlock"}
        title="Unlock the vault"
        action="Unlock"
        onClose={onClose}
        old
        onSend={async (old) => {
          await ipc().unlockVault(old);
          await done("The vault is open until the app ends");
          onOpened?.();
        }}
      >
        Its keys can be used until the app ends, or you lock it.
      </Passphrases>
      <Passphrases
        open={act === "change"}
        title="Change the passphrase"
        action="Change passphrase"
        onClose={onClose}
        old
        next
        onSend={async (old, next) => {
          await ipc().changeVaultPassphrase(old, next);
          await done("The vault has its new passphrase");
        }}
      >
        The keys in the vault stay. The old passphrase opens it no longer.
      </Passphrases>
      <Confirm
        danger
        open={act === "delete"}
        title="Delete the vault?"
        action="Delete vault"
        onClose={onClose}
        onConfirm={async () => {
          await ipc().deleteVault();
          await fresh();
          notify({ text: "The vault and its keys are gone" });
        }}
      >
        <p>The vault file goes, and with it every key in it. This cannot be undone.</p>
        <p>Keys in the keychain, in the environment and at your providers stay as they are.</p>
      </Confirm>
    </>
  );
}

type PassphraseProps = {
  open: boolean;
  title: string;
  action: string;
  onClose: () => void;
  /** Asks for the present passphrase. */ old?: boolean;
  /** Asks for a new one, twice. */ next?: boolean;
  onSend: (old: string, next: string) => Promise<void>;
  children: string;
};

function Passphrases({ open, title, action, onClose, old, next, onSend, children }: PassphraseProps) {
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const text = (name: string) => String(values.get(name) ?? "");
    if (next && text("next").length < SHORTEST)
      return setProblem(`A passphrase has at least ${SHORTEST} characters. Some words in a row are good.`);
    if (next && text("next") !== text("again"))
      return setProblem("The two new passphrases are not the same.");
    setBusy(true);
    setProblem(null);
    try {
      await onSend(text("old"), text("next"));
      form.current?.reset();
    } catch (error) {
      form.current?.reset();
      form.current?.querySelector("input")?.focus();
      setProblem(reason(error));
    } finally {
      setBusy(false);
    }
  };
  const input = (name: string, label: string, autoFocus: boolean) => (
    <Field label={label}>
      {(field) => (
        <Input {...field} name={name} type="password" autoComplete="off" autoFocus={autoFocus} required />
      )}
    </Field>
  );
  return (
    <Dialog title={title} open={open} onClose={close}>
      <form ref={form} className={styles.form} onSubmit={(event) => void send(event)}>
        <p className={styles.lead}>{children}</p>
        {old && input("old", "Passphrase", true)}
        {next && input("next", old ? "New passphrase" : "Passphrase", !old)}
        {next && input("again", "The same again", false)}
        <FormEnd problem={problem} action={action} busy={busy} onCancel={close} />
      </form>
    </Dialog>
  );
}
