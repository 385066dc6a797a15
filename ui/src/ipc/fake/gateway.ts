/** The gateway that is made up: a switch, keys, and settings. Port 8080 is somebody else's. */
import type { Budget, GatewaySettings, GatewayStatus, VirtualKey } from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { traffic, type Traffic } from "./traffic";

type Gateway = Pick<
  Ipc,
  "editGateway" | "gatewayStatus" | "issueVirtualKey" | "listVirtualKeys" | "revokeVirtualKey"
>;

/** What outlives a reload. */
export type Gated = {
  settings: GatewaySettings;
  keys: VirtualKey[];
  /** Since when the made-up tools have called; `null` while it is off. */
  since: number | null;
  /** When this world began: calls of the past lie before it. */
  epoch: number;
};

const BUSY_PORT = 8080;
const DAY_MS = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

export function gateway(door: Door): Gateway & Traffic {
  const { later, world, changed } = door;
  const state = (): Gated => (world().gated ??= begin(world().scene === "full"));
  const calls = traffic(door, state);

  const status = (): GatewayStatus => {
    const { settings, since } = state();
    const busy = settings.enabled && settings.port === BUSY_PORT;
    const name = settings.host === "localhost" ? "127.0.0.1" : settings.host;
    return {
      url: settings.enabled && !busy ? `http://${name}:${settings.port || 40_961}` : null,
      calls: since === null || busy ? 0 : calls.running(),
      problem: busy
        ? `port ${BUSY_PORT} on 127.0.0.1 is in use by another program; choose another port, or end what listens there`
        : null,
      portBusy: busy,
      settings,
    };
  };

  return {
    ...calls.commands,
    gatewayStatus: () => later(status),
    editGateway: (edit) =>
      later(() => {
        const { settings } = state();
        if (edit.port !== undefined && edit.port !== null && edit.port > 65_535)
          throw Object.assign(new Error("a port is a number up to 65535"), { kind: "badInput" });
        const given = Object.entries(edit).filter(([, value]) => value !== null && value !== undefined);
        Object.assign(settings, Object.fromEntries(given));
        const listens = settings.enabled && settings.port !== BUSY_PORT;
        if (!listens) state().since = null;
        else state().since ??= Date.now();
        changed("status", "traffic");
        return status();
      }),
    listVirtualKeys: () => later(() => state().keys),
    issueVirtualKey: (asked) =>
      later(() => {
        const { keys } = state();
        if (asked.name.trim() === "")
          throw Object.assign(new Error("a key needs a name; name it after the tool that gets it"), {
            kind: "badInput",
          });
        const n = keys.length + 1;
        const publicId = letters(n * 7919, 12);
        const fresh = key(n, asked.name.trim(), publicId, {
          scopes: asked.scopes ?? {},
          limits: asked.limits ?? {},
          capture: asked.capture ?? "full",
          expiresAt: asked.expiresAt ?? null,
          createdAt: iso(Date.now()),
          budgets: (asked.budgets ?? []).map((cap) => spent(cap.period, cap.usd ?? null, "0", cap.tokens)),
        });
        keys.push(fresh);
        changed("keys");
        return { id: fresh.id, key: `ork_${publicId}${letters(n * 104_729, 52)}` };
      }),
    revokeVirtualKey: (id) =>
      later(() => {
        const found = state().keys.find((other) => other.id === id);
        if (!found) throw Object.assign(new Error(`there is no key \`${id}\``), { kind: "notFound" });
        const active = found.state === "active";
        Object.assign(found, { state: "revoked", revokedAt: found.revokedAt ?? iso(Date.now()) });
        changed("keys");
        return active;
      }),
  };
}

function begin(full: boolean): Gated {
  const now = Date.now();
  const week = (name: number) => iso(now - name * 7 * DAY_MS);
  const settings: GatewaySettings = {
    enabled: full,
    host: "localhost",
    port: 4141,
    expose: false,
    hosts: [],
    origins: [],
    capture: "full",
    keepDays: 30,
    keepMb: 512,
  };
  const keys = !full
    ? []
    : [
        key(1, "claude-code", "k3x9m2tq7vwa", {
          budgets: [spent("day", "5", "0.3184"), spent("month", "60", "21.07")],
          createdAt: week(6),
        }),
        key(2, "aider", "p8rd0c4hn6ys", {
          scopes: { routes: ["/v1/*"], targets: ["anthropic/*", "openrouter/*"] },
          limits: { rpm: 60, parallel: 4 },
          budgets: [spent("month", "20", "19.41")],
          createdAt: week(5),
        }),
        key(3, "zed", "w1zf5j8gq2eb", { createdAt: week(3) }),
        key(4, "cron-nightly", "t6bn3v9kx0md", {
          capture: "metadata",
          limits: { tpm: 40_000 },
          budgets: [spent("total", null, "0", 5_000_000, 1_204_311)],
          expiresAt: iso(now + 40 * DAY_MS),
          createdAt: week(2),
        }),
        key(5, "old laptop", "h4qc7s1yd8rz", {
          state: "revoked",
          revokedAt: week(1),
          createdAt: week(9),
        }),
      ];
  return { settings, keys, since: full ? now : null, epoch: now };
}

function key(n: number, name: string, publicId: string, more: Partial<VirtualKey>): VirtualKey {
  return {
    id: `00000000-0000-7000-8009-${String(n).padStart(12, "0")}`,
    publicId,
    name,
    state: "active",
    scopes: {},
    limits: {},
    budgets: [],
    capture: "full",
    createdBy: "window",
    createdAt: iso(Date.now()),
    expiresAt: null,
    revokedAt: null,
    ...more,
  };
}

function spent(
  period: Budget["period"],
  usd: string | null,
  spentUsd: string,
  tokens: number | null = null,
  spentTokens = 0,
): Budget {
  const next = { day: DAY_MS, month: 9 * DAY_MS, total: null }[period];
  return {
    period,
    usd,
    tokens,
    spentUsd,
    spentTokens,
    reservedUsd: "0",
    reservedTokens: 0,
    until: next === null ? null : iso(Date.now() + next),
  };
}

/** Letters and digits that look random. */
function letters(seed: number, length: number): string {
  const digits = "0123456789abcdefghjkmnpqrstvwxyz";
  let x = seed >>> 0;
  return Array.from({ length }, () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return digits[x >>> 27];
  }).join("");
}
