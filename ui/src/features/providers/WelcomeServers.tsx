import { useQueryClient } from "@tanstack/react-query";
import { Check, CircleCheck, RotateCw } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import { State } from "@/components/Badge";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { FormEnd } from "@/components/FormEnd";
import { ErrorState, Skeleton } from "@/components/States";
import { ipc, reason, type LocalServer, type ProviderStatus } from "@/ipc";
import { counted } from "@/lib/sizes";
import { attempt, useLocalServers, useProviders } from "./api";
import { test } from "./checks";
import styles from "./Welcome.module.css";
import { shortAddress } from "./words";

/** Model servers that run here, each with one thing to do about it. */
export function WelcomeServers({ onCompare }: { onCompare: (targets: string[]) => void }) {
  const { data, error, isFetching, dataUpdatedAt, refetch } = useLocalServers();
  const { data: providers } = useProviders();
  const [port, setPort] = useState<LocalServer | null>(null);
  const usable = data?.find(({ found, inUse }) => found && !inUse);
  return (
    <section className={styles.section} aria-labelledby="welcome-local">
      <header>
        <h2 id="welcome-local">Servers on this machine</h2>
        {data && !data.some(({ found }) => found) && (
          <span className={styles.teach}>Start one, and its models can be asked.</span>
        )}
        <span className={styles.looked}>{isFetching ? "looking" : data && <Since at={dataUpdatedAt} />}</span>
        <IconButton label="Look again" disabled={isFetching} onClick={() => void refetch()}>
          <RotateCw size={14} />
        </IconButton>
      </header>
      {error ? (
        <ErrorState
          title="This machine could not be looked at"
          why={reason(error)}
          onRetry={() => void refetch()}
        />
      ) : !data ? (
        <div className={styles.waiting}>
          <Skeleton rows={4} label="Looking for servers" />
        </div>
      ) : (
        <ul className={styles.servers} aria-label="Servers on this machine">
          {data.map((server) => (
            <Server
              key={server.preset}
              server={server}
              first={server === usable}
              provider={providers?.find(({ id }) => id === server.preset)}
              onCompare={onCompare}
              onPort={() => setPort(server)}
            />
          ))}
        </ul>
      )}
      {port && <OtherPort server={port} providers={providers ?? []} onClose={() => setPort(null)} />}
    </section>
  );
}

function Server({
  server,
  first,
  provider,
  onCompare,
  onPort,
}: {
  server: LocalServer;
  /** The one to use next. */
  first: boolean;
  provider: ProviderStatus | undefined;
  onCompare: (targets: string[]) => void;
  onPort: () => void;
}) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const { preset, name, baseUrl, found, models, inUse } = server;
  const use = async () => {
    setBusy(true);
    await attempt(async () => {
      await put(server, provider, baseUrl);
      await test(preset);
      await fresh(queries);
    });
    setBusy(false);
  };
  const [model] = models;
  return (
    <li aria-label={name}>
      <span className={styles.name}>{name}</span>
      <code title={baseUrl}>{shortAddress(baseUrl).replace(/\/.*$/, "")}</code>
      <span className={styles.models} title={models.join("\n")}>
        {!found ? (
          <span className={styles.quiet}>nothing answers</span>
        ) : (
          <>
            {inUse && <CircleCheck size={12} className={styles.ok} />}
            {models.length === 0
              ? "answers, without models yet"
              : models.length === 1
                ? model
                : counted(models.length, "model")}
          </>
        )}
      </span>
      <span className={styles.actions}>
        {!found ? (
          <Button small kind="ghost" onClick={onPort}>
            Other port
          </Button>
        ) : inUse ? (
          <>
            <State tone="ok" icon={<Check size={12} />}>
              in use
            </State>
            {models.length > 0 && (
              <Button
                small
                onClick={() => onCompare(models.slice(0, 2).map((model) => `${preset}/${model}`))}
              >
                Ask
              </Button>
            )}
          </>
        ) : (
          <Button small kind={first ? "primary" : "plain"} busy={busy} onClick={() => void use()}>
            Use
          </Button>
        )}
      </span>
    </li>
  );
}

/** The server's provider, at this address and switched on. */
async function put(
  server: LocalServer,
  provider: ProviderStatus | undefined,
  baseUrl: string,
): Promise<void> {
  const edit = {
    id: server.preset,
    preset: server.preset,
    name: null,
    dialect: null,
    baseUrl,
    key: null,
    headers: provider?.headers ?? [],
    models: provider?.configuredModels ?? [],
    allowLan: provider?.allowLan ?? false,
  };
  if (!provider) return void (await ipc().addProvider(edit));
  if (provider.baseUrl !== baseUrl) await ipc().updateProvider(provider.id, { ...edit, preset: null });
  if (!provider.enabled) await ipc().setProviderEnabled(provider.id, true);
}

const fresh = (queries: ReturnType<typeof useQueryClient>) =>
  Promise.all(["local", "providers", "models"].map((key) => queries.invalidateQueries({ queryKey: [key] })));

/** The same kind of server, elsewhere on this machine. */
function OtherPort({
  server,
  providers,
  onClose,
}: {
  server: LocalServer;
  providers: readonly ProviderStatus[];
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const port = Number(new FormData(event.currentTarget).get("port"));
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return setProblem("A port is a number from 1 to 65535.");
    setBusy(true);
    setProblem(null);
    try {
      const url = new URL(server.baseUrl);
      url.port = String(port);
      const address = url.href.replace(/\/$/, "");
      await put(
        server,
        providers.find(({ id }) => id === server.preset),
        address,
      );
      const found = await test(server.preset);
      await fresh(queries);
      if (found?.ok) return onClose();
      setProblem(
        `${found?.problem?.message ?? "It does not answer there"}. The address is kept; start the server, or try another port.`,
      );
    } catch (error) {
      setProblem(reason(error));
    }
    setBusy(false);
  };
  return (
    <Dialog title={`${server.name} at another port`} open onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void send(event)}>
        <Field label="Port" hint="Where the server says that it listens, on this machine.">
          {(field) => <Input {...field} name="port" inputMode="numeric" mono autoFocus />}
        </Field>
        <FormEnd problem={problem} action="Use" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

const TICK_MS = 1_000;

function Since({ at }: { at: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  return `looked ${seconds < 60 ? `${seconds}\u00a0s` : `${Math.floor(seconds / 60)}\u00a0min`} ago`;
}
