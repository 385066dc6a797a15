import { Copy } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button, IconButton } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { copy } from "@/components/copy";
import { Field, Input } from "@/components/Field";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { ErrorState, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { reason, type CompletionId, type GatewayEdit, type GatewayStatus } from "@/ipc";
import { counted } from "@/lib/sizes";
import { useEditGateway, useGateway, useVirtualKeys } from "./api";
import styles from "./Gateway.module.css";
import { captures } from "./issue";
import { Keys } from "./Keys";
import { Snippets } from "./Snippets";

type Props = {
  /** To the calls that came through it, or to one of them. */
  onTraffic: (call?: CompletionId) => void;
};

/** The gateway: its switch, whom it lets in, and how tools are led to it. */
export function GatewayPage({ onTraffic }: Props) {
  const { data, error, refetch } = useGateway();
  const { busy, edit } = useEditGateway();
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Gateway</h1>
        <Button small kind="ghost" onClick={() => onTraffic()}>
          Show traffic
        </Button>
      </header>
      <div className={styles.body}>
        {error ? (
          <ErrorState
            title="The gateway does not answer"
            why={reason(error)}
            onRetry={() => void refetch()}
          />
        ) : !data ? (
          <Skeleton rows={8} label="Asking the gateway" />
        ) : (
          <>
            <Listening status={data} busy={busy} onEdit={edit} />
            <Keys />
            <Snippets status={data} onTraffic={onTraffic} />
            <Doors status={data} onEdit={edit} />
            <Kept status={data} onEdit={edit} />
          </>
        )}
      </div>
    </div>
  );
}

type Part = { status: GatewayStatus; onEdit: (change: GatewayEdit) => Promise<boolean> };

function Listening({ status, busy, onEdit }: Part & { busy: boolean }) {
  const { settings, url, calls, problem, portBusy } = status;
  const { data: keys } = useVirtualKeys();
  const [opening, setOpening] = useState(false);
  const nobody = url !== null && keys !== undefined && !keys.some(({ state }) => state === "active");
  const next = settings.port < 65_535 ? settings.port + 1 : 4141;
  return (
    <section className={styles.part} aria-label="Where it listens">
      <Row
        title="Take calls"
        hint="Tools on this machine ask Orchesity as if it were OpenAI, Anthropic or Gemini. Every call is counted, and shown in Traffic."
      >
        {url && (
          <span className={styles.address}>
            <span className={styles.mono}>{url}</span>
            <IconButton label="Copy the address" onClick={() => void copy(url)}>
              <Copy size={14} />
            </IconButton>
          </span>
        )}
        <Switch
          label="Gateway"
          checked={settings.enabled}
          disabled={busy}
          onChange={(enabled) => void onEdit({ enabled })}
        />
      </Row>
      <p className={styles.now} role="status">
        {url
          ? `On${calls > 0 ? `, ${counted(calls, "call")} under way` : ""}. It is switched on with the app.`
          : settings.enabled && problem
            ? "Not listening."
            : "Off. No tool can ask."}
      </p>
      {problem && (
        <Note
          tone="danger"
          role="alert"
          actions={
            <>
              {portBusy && (
                <Button small disabled={busy} onClick={() => void onEdit({ port: next })}>
                  Use port {next}
                </Button>
              )}
              <Button small disabled={busy} onClick={() => void onEdit({ enabled: true })}>
                Try again
              </Button>
            </>
          }
        >
          {problem}
        </Note>
      )}
      {nobody && (
        <Note tone="warn">No key is in force, so every call is refused. Issue one below for each tool.</Note>
      )}
      <Row title="Port" hint="Tools are told this once; 0 takes any free one at each start.">
        <Line
          label="Port"
          value={String(settings.port)}
          digits
          onSave={(text) => {
            const port = Number(text);
            return port <= 65_535 ? onEdit({ port }) : "A port is a number up to 65535.";
          }}
        />
      </Row>
      <Row
        title="Reached from"
        hint={
          settings.expose
            ? `Other machines reach it at ${settings.host}. Every call asks for a key, and nothing is encrypted on the way.`
            : "Nobody but this machine reaches it."
        }
      >
        {settings.expose && (
          <Line
            label="Address to listen on"
            value={settings.host}
            onSave={(host) => (host.trim() === "" ? "An address of this machine." : onEdit({ host }))}
          />
        )}
        <Select
          small
          className={styles.reach}
          label="Reached from"
          value={settings.expose ? "all" : "here"}
          options={[
            { value: "here", label: "This machine" },
            { value: "all", label: "Other machines too" },
          ]}
          onChange={(to) => {
            if (to === "here") void onEdit({ expose: false, host: "localhost" });
            else setOpening(true);
          }}
        />
      </Row>
      <Confirm
        danger
        open={opening}
        title="Let other machines reach the gateway?"
        action="Let them"
        onClose={() => setOpening(false)}
        onConfirm={() => onEdit({ expose: true, host: "0.0.0.0" })}
      >
        <p>
          It will listen on all addresses of this machine. Whoever has a key can spend your money from there,
          and what is asked and answered goes over the network unencrypted.
        </p>
        <p>Where that is not a network of your own, put a proxy with TLS in front of it.</p>
      </Confirm>
    </section>
  );
}

const listed = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** Under which names it is asked, and by which pages. */
function Doors({ status: { settings }, onEdit }: Part) {
  return (
    <section className={styles.part} aria-labelledby="gateway-doors">
      <h2 id="gateway-doors">Names and pages</h2>
      <Row
        title="Names"
        hint="Further host names that it answers to, for tunnels and proxies. Any other name is refused."
      >
        <Line
          label="Names"
          wide
          placeholder="gateway.example.com"
          value={settings.hosts.join(", ")}
          onSave={(text) => onEdit({ hosts: listed(text) })}
        />
      </Row>
      <Row
        title="Web pages"
        hint="Origins of pages that may ask from a browser. Without any, no web page can."
      >
        <Line
          label="Web pages"
          wide
          placeholder="https://app.example.com"
          value={settings.origins.join(", ")}
          onSave={(text) => onEdit({ origins: listed(text) })}
        />
      </Row>
    </section>
  );
}

/** What is kept of calls, and how long. */
function Kept({ status, onEdit }: Part) {
  const { capture, keepDays, keepMb } = status.settings;
  const number = (change: (n: number) => GatewayEdit) => (text: string) => {
    const n = Number(text);
    return n <= 1_000_000 ? onEdit(change(n)) : "At most 1,000,000.";
  };
  return (
    <section className={styles.part} aria-labelledby="gateway-kept">
      <h2 id="gateway-kept">What is kept</h2>
      <Row
        title="Of each call"
        hint="The most that is kept of any call. A key can be set to less, never to more."
      >
        <Select
          small
          className={styles.reach}
          label="What is kept of each call"
          value={capture}
          options={captures}
          onChange={(capture) => void onEdit({ capture })}
        />
      </Row>
      <Row
        title="For how long"
        hint="Then exact requests and answers are dropped, and so are the conversations made of them that nobody has opened or changed. The size is for each of the two; the oldest go first."
      >
        <Line
          label="Days"
          digits
          unit="days"
          value={String(keepDays)}
          onSave={number((keepDays) => ({ keepDays }))}
        />
        <Line
          label="Size in MiB"
          digits
          unit="MiB at most"
          value={String(keepMb)}
          onSave={number((keepMb) => ({ keepMb }))}
        />
      </Row>
    </section>
  );
}

/** One setting: what it is at the left, its control at the right. */
function Row({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <div className={styles.setting}>
      <div className={styles.what}>
        <h3>{title}</h3>
        <p>{hint}</p>
      </div>
      <div className={styles.control}>{children}</div>
    </div>
  );
}

/** A line of text that counts when Enter is pressed or the focus leaves it; Escape takes it back. */
function Line({
  label,
  value,
  digits,
  wide,
  unit,
  placeholder,
  onSave,
}: {
  label: string;
  value: string;
  digits?: boolean;
  wide?: boolean;
  /** Stands after it. */
  unit?: string;
  placeholder?: string;
  /** What is wrong, or whether it was kept. */
  onSave: (text: string) => string | Promise<boolean>;
}) {
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const back = () => {
    setText(null);
    setWrong(null);
  };
  const save = () => {
    if (text === null || text.trim() === value) return back();
    if (digits && !/^\d{1,9}$/.test(text.trim())) return setWrong("A whole number.");
    const kept = onSave(text.trim());
    if (typeof kept === "string") return setWrong(kept);
    void kept.then(back);
  };
  return (
    <Field
      label={label}
      error={wrong}
      className={digits ? (unit ? styles.number : styles.short) : wide ? styles.wide : styles.line}
    >
      {(tied) => (
        <span className={styles.unit}>
          <Input
            {...tied}
            small
            mono
            inputMode={digits ? "numeric" : undefined}
            placeholder={placeholder}
            value={text ?? value}
            onChange={(event) => setText(event.target.value)}
            onBlur={save}
            onKeyDown={(event) => {
              if (event.key === "Enter") save();
              else if (event.key === "Escape" && text !== null) back();
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
          {unit && <span>{unit}</span>}
        </span>
      )}
    </Field>
  );
}
