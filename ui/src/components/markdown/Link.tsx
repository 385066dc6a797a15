import { useEffect, useState, type ReactNode } from "react";
import { notify } from "@/components/toasts";
import { ipc, reason } from "@/ipc";
import { blobOf, isPicture } from "@/lib/blob";
import { destination, safeUrl } from "@/lib/links";
import styles from "./Markdown.module.css";
import { askOutside } from "./outside";

/** Opens in the system's own program, once its address was seen; it leads the window nowhere. */
export function Link({ address, children }: { address: string; children: ReactNode }) {
  const url = safeUrl(address);
  if (!url) return <span>{children}</span>;
  return (
    <button
      type="button"
      className={styles.link}
      title={url.href}
      data-host={destination(url)}
      onClick={() => void follow(url)}
    >
      {children}
    </button>
  );
}

async function follow(url: URL): Promise<void> {
  if (!(await askOutside("link", url))) return;
  try {
    await ipc().openLink(url.href);
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
  }
}

type Loaded = { address: string } | { problem: string } | "loading";

/** A picture from elsewhere: its description stands for it until somebody asks for it. */
export function Picture({ address, alt }: { address: string; alt: string }) {
  const url = safeUrl(address);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const shown = typeof loaded === "object" && loaded && "address" in loaded ? loaded.address : null;
  useEffect(() => (shown ? () => URL.revokeObjectURL(shown) : undefined), [shown]);
  if (shown) return <img className={styles.image} src={shown} alt={alt || "Picture"} title={url?.href} />;
  const load = async (from: URL) => {
    if (!(await askOutside("picture", from))) return;
    setLoaded("loading");
    try {
      const media = await ipc().fetchImage(from.href);
      setLoaded(
        isPicture(media.mediaType)
          ? { address: URL.createObjectURL(blobOf(media)) }
          : { problem: `${media.mediaType} is not shown here` },
      );
    } catch (error) {
      setLoaded({ problem: reason(error) });
    }
  };
  const problem = typeof loaded === "object" && loaded && "problem" in loaded ? loaded.problem : null;
  return (
    <span className={styles.picture} data-aside>
      <span>Picture{alt && `: ${alt}`}</span>
      {problem && <span role="alert">{problem}</span>}
      {url && url.protocol !== "mailto:" && (
        <button
          type="button"
          className={styles.link}
          title={url.href}
          disabled={loaded === "loading"}
          onClick={() => void load(url)}
        >
          {loaded === "loading" ? "Loading" : `Load from ${destination(url)}`}
        </button>
      )}
    </span>
  );
}
