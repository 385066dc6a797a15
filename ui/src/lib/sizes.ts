/** Keeps a number and its unit on one line. */
const NBSP = "\u00a0";

/** `512 KiB`, `6.2 MiB`, `1.4 GiB` */
export function size(kib: number): string {
  if (kib < 1024) return `${Math.round(kib)}${NBSP}KiB`;
  const mib = kib / 1024;
  if (mib < 1024) return `${mib.toFixed(mib < 100 ? 1 : 0)}${NBSP}MiB`;
  return `${(mib / 1024).toFixed(1)}${NBSP}GiB`;
}

/** `1 model`, `2 models`, `1,204 messages` */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-US")}${NBSP}${n === 1 ? one : many}`;
}
