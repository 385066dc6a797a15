/** Data and its copies, in the engine that is made up. */
import type { BackupInfo, DataReport } from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";

type Data = Pick<
  Ipc,
  | "backUp"
  | "backups"
  | "checkData"
  | "compactData"
  | "dataReport"
  | "deleteBackup"
  | "eraseData"
  | "restoreBackup"
>;

export function data({ later, changed, world }: Door): Data {
  let copies: BackupInfo[] = [0, 1, 2].map((days) => {
    const madeAt = new Date(Date.now() - days * 86_400_000).toISOString();
    return { name: `daily-${madeAt.slice(0, 10)}.db`, madeAt, kib: 18_204 - days * 320, kind: "daily" };
  });
  let free = 2_140;
  let exchanges = 9_120;
  let cache = 640;
  const report = (): DataReport => {
    const { conversations, deleted, messages } = world();
    const size = (kind: DataReport["sizes"][number]["kind"], kib: number, count: number) => ({
      kind,
      kib,
      count,
    });
    const sizes = [
      size("conversations", 6_300, conversations.length),
      size("search", 3_870, messages.length),
      size("attachments", 1_420, 3),
      size("exchanges", exchanges, exchanges ? 214 : 0),
      size("cache", cache, cache ? 31 : 0),
      size("free", free, 0),
      size("log", 512, 0),
      size(
        "backups",
        copies.reduce((sum, copy) => sum + copy.kib, 0),
        copies.length,
      ),
      size("kept", 0, 0),
    ];
    return {
      home: "memory",
      kib: sizes.reduce((sum, each) => sum + each.kib, 0),
      sizes,
      deletedConversations: deleted.length,
    };
  };
  return {
    dataReport: () => later(report),
    backups: () => later(() => copies),
    backUp: () =>
      later(() => {
        const madeAt = new Date().toISOString();
        const copy: BackupInfo = {
          name: `manual-${madeAt.slice(0, 19).replaceAll(":", "")}.db`,
          madeAt,
          kib: 18_300,
          kind: "manual",
        };
        copies = [copy, ...copies];
        changed("data");
        return copy;
      }),
    deleteBackup: (name) =>
      later(() => {
        copies = copies.filter((copy) => copy.name !== name);
        return changed("data");
      }),
    restoreBackup: (name) =>
      later(() => {
        if (!copies.some((copy) => copy.name === name)) throw new Error(`there is no copy ${name}`);
        return changed("*");
      }),
    checkData: () =>
      later(() => {
        const { conversations, messages, branches, runs, rows } = world();
        return {
          ok: true,
          problems: [],
          conversations: conversations.length,
          messages: messages.length,
          contents: messages.length,
          blobs: 3,
          branches: branches.length,
          runs: runs.length,
          completions: rows.length,
          attempts: rows.length,
        };
      }),
    compactData: () =>
      later(() => {
        free = 0;
        changed("data");
        return report();
      }),
    eraseData: (what) =>
      later(() => {
        const all = world();
        if (what === "exchanges") exchanges = 0;
        if (what === "exchanges" || what === "cache") cache = 0;
        else if (what === "backups") copies = [];
        else if (what === "conversations") all.deleted = all.conversations.map((c) => c.id);
        if (what === "conversations" || what === "deletedConversations") {
          all.conversations = all.conversations.filter((c) => !all.deleted.includes(c.id));
          all.deleted = [];
        }
        if (what === "conversations") {
          all.drafts = {};
          changed("drafts");
        }
        changed("data", "conversations");
        return report();
      }),
  };
}
